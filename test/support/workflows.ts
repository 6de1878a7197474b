/** The workflows of the tests' programs. */
import { licenceAuditor as licenceAuditorProgram } from '../../examples/licence-auditor/licence-auditor';
import { programWorkflow } from '../../src/workflow';
import { novice as noviceProgram, player as playerProgram } from './player';
import { observe } from './replay-sink';

export const novice = programWorkflow(noviceProgram, observe);
export const player = programWorkflow(playerProgram, observe);
export const licenceAuditor = programWorkflow(licenceAuditorProgram, observe);
