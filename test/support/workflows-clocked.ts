import { programWorkflow } from '../../src/workflow';
import { apprentice as program } from './apprentice';
import { observe } from './replay-sink';

export const apprentice = programWorkflow(program('with a clock'), observe);
