/** The workflows of the tests' programs. */
import { licenceAuditor as licenceAuditorProgram } from '../../examples/licence-auditor/licence-auditor';
import { programWorkflow } from '../../src/workflow';
import { clerk as clerkProgram, headClerk as headClerkProgram } from './clerk';
import { improved as improvedProgram } from './improved';
import { pilgrim as pilgrimProgram } from './pilgrim';
import { journeyman as journeymanProgram, novice as noviceProgram, player as playerProgram } from './player';
import { sprinter as sprinterProgram } from './sprinter';

export const clerk = programWorkflow(clerkProgram);
export const headClerk = programWorkflow(headClerkProgram);
export const improved = programWorkflow([improvedProgram(1), improvedProgram(2)]);
export const journeyman = programWorkflow(journeymanProgram);
export const novice = programWorkflow(noviceProgram);
export const pilgrim = programWorkflow(pilgrimProgram);
export const player = programWorkflow(playerProgram);
export const licenceAuditor = programWorkflow(licenceAuditorProgram);
export const sprinter = programWorkflow(sprinterProgram);
