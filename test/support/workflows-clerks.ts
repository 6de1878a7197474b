/** The workflows of the clerks. */
import { programWorkflow } from '../../src/workflow';
import { clerk as clerkProgram, headClerk as headClerkProgram } from './clerk';

export const clerk = programWorkflow(clerkProgram);
export const headClerk = programWorkflow(headClerkProgram);
