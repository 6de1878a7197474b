/** The workflows of the tests' programs. */
import { licenceAuditor as licenceAuditorProgram } from '../../examples/licence-auditor/licence-auditor';
import { programWorkflow } from '../../src/workflow';
import { novice as noviceProgram, player as playerProgram } from './player';

export const novice = programWorkflow(noviceProgram);
export const player = programWorkflow(playerProgram);
export const licenceAuditor = programWorkflow(licenceAuditorProgram);
