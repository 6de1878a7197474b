/** The workflows file of the gated program. */
import { programWorkflow } from '../../src/workflow';
import { gated as program } from './gated-program';

export const gated = programWorkflow(program);
