/** The support agent's workflow. */
import { programWorkflow } from '../../src/workflow';
import { support as program } from './support';

export const support = programWorkflow(program);
