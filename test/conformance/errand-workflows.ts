import { programWorkflow } from '../../src/workflow';
import { errand as program } from './errand';

export const errand = programWorkflow(program);
