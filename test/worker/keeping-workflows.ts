/** The workflows file of the keeping program. */
import { programWorkflow } from '../../src/workflow';
import { keeping as program } from './keeping-program';

export const keeping = programWorkflow(program);
