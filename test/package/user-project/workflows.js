/** The user's workflows file: all of it that there is to write. */
import { programWorkflow } from 'temporal-kernel/workflow';
import { wordCounter as program } from './program.js';

export const wordCounter = programWorkflow(program);
