export { programWorkflow, type ProgramWorkflow } from './program-workflow';
export type { Observer } from './run-session';
