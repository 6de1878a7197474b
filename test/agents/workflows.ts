/** The workflows of the agents that tests run. */
import { programWorkflow } from '../../src/workflow';
import { chatter as chatterProgram } from './chatter';
import { talkative as talkativeProgram } from './talkative';

export const chatter = programWorkflow(chatterProgram);
export const talkative = programWorkflow(talkativeProgram);
