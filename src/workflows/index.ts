export { programWorkflow, type ProgramWorkflow } from './program-workflow';
