/**
 * `temporal-kernel/testing`: for those who write a store of their own. The contract that ours keep, as cases for any test
 * runner, and runs to fill a store with.
 */
export type { ArtifactPlace } from './testing/artifact-store-case';
export { artifactStoreContract } from './testing/artifact-store-contract';
export type { ContractCase, StorePlace } from './testing/contract-case';
export type { ExecutionEventPlace } from './testing/execution-event-case';
export { executionEventStoreContract } from './testing/execution-event-store-contract';
export { logStoreContract } from './testing/log-store-contract';
export {
  chainedSteps,
  nextStep,
  numbered,
  runRecord,
  stateUpdated,
  twoSteps,
  type StepSketch,
} from './testing/log-steps';
