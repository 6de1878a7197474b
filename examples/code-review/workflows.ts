/** The code review's workflow. */
import { programWorkflow } from '../../src/workflow';
import { codeReview as program } from './code-review';

export const codeReview = programWorkflow(program);
