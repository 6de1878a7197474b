import { programWorkflow } from '../../src/workflow';
import { apprentice as program } from './apprentice';

export const apprentice = programWorkflow(program('mended'));
