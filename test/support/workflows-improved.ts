import { programWorkflow } from '../../src/workflow';
import { improved as program } from './improved';

export const improved = programWorkflow([program(1), program(2)]);
