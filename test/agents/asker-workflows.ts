/** The asker's workflow. */
import { programWorkflow } from '../../src/workflow';
import { asker as program } from './asker';

export const asker = programWorkflow(program);
