/** The workflows of the mirror's bench. */
import { programWorkflow } from '../../src/workflow';
import { ticker as program } from './mirror-program';

export const ticker = programWorkflow(program);
