/** The workflows file of the clockwork. */
import { programWorkflow } from '../../src/workflow';
import { clockwork as program } from './clockwork';

export const clockwork = programWorkflow(program);
