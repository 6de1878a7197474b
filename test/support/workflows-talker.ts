/** The workflow of the talker. */
import { programWorkflow } from '../../src/workflow';
import { talker as talkerProgram } from './talker';

export const talker = programWorkflow(talkerProgram);
