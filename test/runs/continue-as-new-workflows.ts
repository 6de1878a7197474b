import { programWorkflow } from '../../src/workflow';
import { pilgrim as program } from './continue-as-new-program';

export const pilgrim = programWorkflow(program);
