/** The keeper's workflow. */
import { programWorkflow } from '../../src/workflow';
import { keeper as program } from './keeper';

export const keeper = programWorkflow(program);
