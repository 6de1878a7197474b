/** The workflows file: what the worker bundles for the sandbox. One export a program, under the program's name. */
import { programWorkflow } from '../../src/workflow';
import { licenceAuditor as program } from './licence-auditor';

export const licenceAuditor = programWorkflow(program);
