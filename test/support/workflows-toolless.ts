import { programWorkflow } from '../../src/workflow';
import { apprentice as program } from './apprentice';
import { observe } from './replay-sink';

export const apprentice = programWorkflow(program('without its tool'), observe);
