/** Any execution event, for properties. */
import fc from 'fast-check';
import type { Json } from '../../src/kernel';
import {
  BACKOFF_STRATEGIES,
  ERROR_CATEGORIES,
  PARENT_TYPES,
  STEP_SOURCE_TYPES,
  STEP_TYPES,
  type ExecutionError,
  type ExecutionEventData,
} from '../../src/records/execution-events/execution-event';

/** Without -0, which canonical JSON does not know. */
const json = (fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }) as fc.Arbitrary<Json>).map(
  (value) => JSON.parse(JSON.stringify(value)) as Json,
);
const text = fc.string({ unit: 'binary', maxLength: 20 });
const optional = fc.option(text);
const count = fc.maxSafeNat();
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });

const error: fc.Arbitrary<ExecutionError> = fc.record({
  category: fc.constantFrom(...ERROR_CATEGORIES),
  message: text,
  retryPolicy: fc.record({
    retryable: fc.boolean(),
    maxRetries: u32,
    backoffStrategy: fc.constantFrom(...BACKOFF_STRATEGIES),
    baseDelayMs: count,
    maxDelayMs: count,
    requiresIdempotencyKey: fc.boolean(),
  }),
  code: optional,
  attempt: u32,
  stepId: optional,
  provider: optional,
  httpStatus: fc.option(fc.integer({ min: 0, max: 65_535 })),
  details: json,
  occurredAtMs: fc.maxSafeInteger(),
});

const parent = fc.option(fc.record({ parentId: text, parentType: fc.constantFrom(...PARENT_TYPES) }));

/** An event of any type, with whatever it can hold. */
export const anyExecutionEvent: fc.Arbitrary<ExecutionEventData> = fc.oneof(
  fc.record({ type: fc.constant('ExecutionStarted' as const), parent, metadata: json }),
  fc.record({
    type: fc.constant('StepStarted' as const),
    stepId: text,
    parentStepId: optional,
    stepType: fc.constantFrom(...STEP_TYPES),
    name: text,
  }),
  fc.record({ type: fc.constant('StepCompleted' as const), stepId: text, output: optional, durationMs: count }),
  fc.record({ type: fc.constant('StepFailed' as const), stepId: text, error }),
  fc.record({ type: fc.constant('ExecutionPaused' as const), reason: text }),
  fc.record({ type: fc.constant('ExecutionResumed' as const) }),
  fc.record({ type: fc.constant('ExecutionCompleted' as const), output: optional, durationMs: count }),
  fc.record({ type: fc.constant('ExecutionFailed' as const), error }),
  fc.record({ type: fc.constant('ExecutionCancelled' as const), reason: text }),
  fc.record({
    type: fc.constant('ArtifactStored' as const),
    artifactId: text,
    stepId: text,
    contentHash: text,
    sizeBytes: count,
  }),
  fc.record({
    type: fc.constant('StepDiscovered' as const),
    stepId: text,
    discoveredBy: optional,
    sourceType: fc.constantFrom(...STEP_SOURCE_TYPES),
    reason: text,
    depth: u32,
  }),
  fc.record({
    type: fc.constant('ToolCallStarted' as const),
    stepId: optional,
    toolCallId: text,
    toolName: text,
    input: json,
  }),
  fc.record({ type: fc.constant('ToolCallCompleted' as const), stepId: optional, toolCallId: text, output: json }),
  fc.record({ type: fc.constant('CheckpointSaved' as const), stepId: optional, checkpointId: text, stateHash: text }),
  fc.record({
    type: fc.constant('GoalEvaluated' as const),
    stepId: optional,
    goalId: text,
    status: text,
    score: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
    reason: optional,
  }),
  fc.record({ type: fc.constant('Custom' as const), eventType: text, data: json }),
);
