/**
 * Execution events: what happened in an execution, in the words of the specification.
 *
 * Source: Enact core, `persistence::ExecutionEventData` and the types that it is made of. In memory an event is a tagged object
 * with this project's casing; its wire form is the specification's JSON (`execution-event-wire.ts`). A value that the
 * specification calls optional is null when there is none.
 */
import type { Json, RunId } from '../../kernel';

/** Names an execution. An execution is a run, so its id is the run's. */
export type ExecutionId = RunId;

/** Position of an event among its execution's: 1, 2, 3, … without gaps. 0 means "before the first event". */
export type Sequence = number;

/** What set an execution off. */
export const PARENT_TYPES = [
  'user_message',
  'schedule_event',
  'step_execution',
  'webhook',
  'a2a_request',
  'system',
  'assistant_message',
  'thread_start',
  'tool_result',
] as const;
export type ParentType = (typeof PARENT_TYPES)[number];

/** What a step does. */
export const STEP_TYPES = [
  'LlmNode',
  'GraphNode',
  'ToolNode',
  'FunctionNode',
  'RouterNode',
  'BranchNode',
  'LoopNode',
] as const;
export type StepType = (typeof STEP_TYPES)[number];

/** What led to the discovery of a step. */
export const STEP_SOURCE_TYPES = [
  'initial_plan',
  'discovered',
  'retry',
  'user_guidance',
  'tool_result',
  'llm_output',
  'a2a_message',
] as const;
export type StepSourceType = (typeof STEP_SOURCE_TYPES)[number];

/** What kind of thing went wrong. */
export const ERROR_CATEGORIES = [
  'LlmError',
  'ToolError',
  'PolicyViolation',
  'Timeout',
  'QuotaExceeded',
  'KernelInternal',
  'ValidationError',
  'NetworkError',
] as const;
export type ExecutionErrorCategory = (typeof ERROR_CATEGORIES)[number];

/** How the delay between attempts grows. */
export const BACKOFF_STRATEGIES = ['none', 'constant', 'linear', 'exponential'] as const;
export type BackoffStrategy = (typeof BACKOFF_STRATEGIES)[number];

/** What set an execution off, and what it was. */
export interface ParentLink {
  readonly parentId: string;
  readonly parentType: ParentType;
}

/** Whether and how something that failed may be tried again. */
export interface RetryPolicy {
  readonly retryable: boolean;
  readonly maxRetries: number;
  readonly backoffStrategy: BackoffStrategy;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  readonly requiresIdempotencyKey: boolean;
}

/** What went wrong. */
export interface ExecutionError {
  readonly category: ExecutionErrorCategory;
  readonly message: string;
  readonly retryPolicy: RetryPolicy;
  readonly code: string | null;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly stepId: string | null;
  readonly provider: string | null;
  readonly httpStatus: number | null;
  readonly details: Json;
  /** In milliseconds since 1970. */
  readonly occurredAtMs: number;
}

/** Something that happened in an execution. */
export type ExecutionEventData =
  /** The execution began. */
  | { readonly type: 'ExecutionStarted'; readonly parent: ParentLink | null; readonly metadata: Json }
  | {
      readonly type: 'StepStarted';
      readonly stepId: string;
      readonly parentStepId: string | null;
      readonly stepType: StepType;
      readonly name: string;
    }
  | {
      readonly type: 'StepCompleted';
      readonly stepId: string;
      readonly output: string | null;
      readonly durationMs: number;
    }
  | { readonly type: 'StepFailed'; readonly stepId: string; readonly error: ExecutionError }
  | { readonly type: 'ExecutionPaused'; readonly reason: string }
  | { readonly type: 'ExecutionResumed' }
  | { readonly type: 'ExecutionCompleted'; readonly output: string | null; readonly durationMs: number }
  | { readonly type: 'ExecutionFailed'; readonly error: ExecutionError }
  | { readonly type: 'ExecutionCancelled'; readonly reason: string }
  | {
      readonly type: 'ArtifactStored';
      readonly artifactId: string;
      readonly stepId: string;
      readonly contentHash: string;
      readonly sizeBytes: number;
    }
  /** An agent found out that there is more to do. */
  | {
      readonly type: 'StepDiscovered';
      readonly stepId: string;
      readonly discoveredBy: string | null;
      readonly sourceType: StepSourceType;
      readonly reason: string;
      /** How deep in the chain of discoveries. */
      readonly depth: number;
    }
  | {
      readonly type: 'ToolCallStarted';
      readonly stepId: string | null;
      readonly toolCallId: string;
      readonly toolName: string;
      readonly input: Json;
    }
  | {
      readonly type: 'ToolCallCompleted';
      readonly stepId: string | null;
      readonly toolCallId: string;
      readonly output: Json;
    }
  | {
      readonly type: 'CheckpointSaved';
      readonly stepId: string | null;
      readonly checkpointId: string;
      readonly stateHash: string;
    }
  | {
      readonly type: 'GoalEvaluated';
      readonly stepId: string | null;
      readonly goalId: string;
      /** `met`, `not_met` or `progressing`; the specification takes any text. */
      readonly status: string;
      readonly score: number | null;
      readonly reason: string | null;
    }
  /** Whatever the others have no words for. */
  | { readonly type: 'Custom'; readonly eventType: string; readonly data: Json };

/** Whether nothing but remarks can follow: the execution has ended. */
export function endsExecution({ type }: ExecutionEventData): boolean {
  return type === 'ExecutionCompleted' || type === 'ExecutionFailed' || type === 'ExecutionCancelled';
}
