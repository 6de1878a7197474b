/** Execution events: what happened, in the specification's words, for many tenants. What is not listed here is nobody else's business. */
export {
  BACKOFF_STRATEGIES,
  ERROR_CATEGORIES,
  PARENT_TYPES,
  STEP_SOURCE_TYPES,
  STEP_TYPES,
  type BackoffStrategy,
  type ExecutionError,
  type ExecutionErrorCategory,
  type ExecutionEventData,
  type ExecutionId,
  type ParentLink,
  type ParentType,
  type RetryPolicy,
  type Sequence,
  type StepSourceType,
  type StepType,
} from './execution-event';
export { ExecutionEventSchema, type WireExecutionEvent } from './execution-event-schema';
export {
  EXECUTION_EVENTS_PER_BATCH_MAX,
  EXECUTIONS_LISTED_MAX,
  type ExecutionEventStore,
} from './execution-event-store';
export {
  decodeExecutionEvent,
  encodeExecutionEvent,
  executionEventText,
  parseExecutionEventText,
} from './execution-event-wire';
export { ExecutionProjector, type ProjectedRun, type ProjectionReport } from './execution-projector';
export { MemoryExecutionEventStore } from './memory-execution-event-store';
export type { RunClosure, RunEnd } from './run-closure';
export { eventOfEnd, eventOfStart, eventsOfEntry } from './run-projection';
export {
  parseStoredExecutionEventText,
  storedExecutionEventText,
  type NewExecutionEvent,
  type StoredExecutionEvent,
} from './stored-execution-event';
