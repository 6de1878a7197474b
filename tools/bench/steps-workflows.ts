/** The workflows of our side. */
import { programWorkflow } from '../../src/workflow';
import { asker as askerProgram, sprinter as sprinterProgram, stepper as stepperProgram } from './steps-program';

export const asker = programWorkflow(askerProgram);
export const stepper = programWorkflow(stepperProgram);
export const sprinter = programWorkflow(sprinterProgram);
