/** The workflows of the player alone: a file that a worker bundles itself. */
import { programWorkflow } from '../../src/workflow';
import { player as playerProgram } from '../support/player';

export const player = programWorkflow(playerProgram);
