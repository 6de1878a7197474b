import { programWorkflow } from '../../src/workflow';
import { listener as program } from './listener';

export const listener = programWorkflow(program);
