import { programWorkflow } from '../../src/workflow';
import { improved as program } from './improved';
import { observe } from './replay-sink';

export const improved = programWorkflow([program(1), program(2)], observe);
