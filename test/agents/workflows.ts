/** The workflows of the agents that tests run. */
import { programWorkflow } from '../../src/workflow';
import { chatter as chatterProgram } from './chatter';

export const chatter = programWorkflow(chatterProgram);
