/**
 * The wire form of execution events: internally tagged JSON with the specification's member names in its order.
 *
 * Guarantees: decoding an encoded event gives the event; a decoder throws nothing but `InvalidEvent`. Payloads are printed as
 * canonical JSON, so an event has one text: the reference's, but for numbers in payloads.
 */
import { canonicalJson, checkSchema, isPlainObject, KernelError } from '../../kernel';
import type { ExecutionError, ExecutionEventData } from './execution-event';
import {
  ExecutionEventSchema,
  MEMBERS_OF,
  WHOLE_NUMBERS,
  type WireExecutionError,
  type WireExecutionEvent,
} from './execution-event-schema';
import { floatText } from './float-text';
import { readJsonText, type Path } from './json-text';

/** An execution event as JSON. */
export function encodeExecutionEvent(event: ExecutionEventData): WireExecutionEvent {
  switch (event.type) {
    case 'ExecutionStarted': {
      const parent = event.parent && { parent_id: event.parent.parentId, parent_type: event.parent.parentType };
      return { type: 'execution_started', parent, metadata: event.metadata };
    }
    case 'StepStarted': {
      const { stepId: step_id, parentStepId: parent_step_id, stepType: step_type, name } = event;
      return { type: 'step_started', step_id, parent_step_id, step_type, name };
    }
    case 'StepCompleted':
      return {
        type: 'step_completed',
        step_id: event.stepId,
        output: event.output,
        duration_ms: event.durationMs,
      };
    case 'StepFailed':
      return { type: 'step_failed', step_id: event.stepId, error: encodeError(event.error) };
    case 'ExecutionPaused':
      return { type: 'execution_paused', reason: event.reason };
    case 'ExecutionResumed':
      return { type: 'execution_resumed' };
    case 'ExecutionCompleted':
      return { type: 'execution_completed', output: event.output, duration_ms: event.durationMs };
    case 'ExecutionFailed':
      return { type: 'execution_failed', error: encodeError(event.error) };
    case 'ExecutionCancelled':
      return { type: 'execution_cancelled', reason: event.reason };
    case 'ArtifactStored': {
      const { artifactId: artifact_id, stepId: step_id, contentHash: content_hash, sizeBytes: size_bytes } = event;
      return { type: 'artifact_stored', artifact_id, step_id, content_hash, size_bytes };
    }
    case 'StepDiscovered': {
      const { stepId: step_id, discoveredBy: discovered_by, sourceType: source_type, reason, depth } = event;
      return { type: 'step_discovered', step_id, discovered_by, source_type, reason, depth };
    }
    case 'ToolCallStarted': {
      const { stepId: step_id, toolCallId: tool_call_id, toolName: tool_name, input } = event;
      return { type: 'tool_call_started', step_id, tool_call_id, tool_name, input };
    }
    case 'ToolCallCompleted': {
      const { stepId: step_id, toolCallId: tool_call_id, output } = event;
      return { type: 'tool_call_completed', step_id, tool_call_id, output };
    }
    case 'CheckpointSaved': {
      const { stepId: step_id, checkpointId: checkpoint_id, stateHash: state_hash } = event;
      return { type: 'checkpoint_saved', step_id, checkpoint_id, state_hash };
    }
    case 'GoalEvaluated': {
      const { stepId: step_id, goalId: goal_id, status, score, reason } = event;
      return { type: 'goal_evaluated', step_id, goal_id, status, score, reason };
    }
    case 'Custom':
      return { type: 'custom', event_type: event.eventType, data: event.data };
  }
}

/** The text of an execution event: the specification's member order, and canonical JSON for the values in it. */
export function executionEventText(event: ExecutionEventData): string {
  return inOrder(encodeExecutionEvent(event), (member, value) => {
    if (member === 'error') return inOrder(value as WireExecutionError, retryPolicyInOrder);
    if (member === 'score' && typeof value === 'number') return floatText(value);
    return canonicalJson(value);
  });
}

function retryPolicyInOrder(member: string, value: unknown): string {
  return member === 'retry_policy'
    ? inOrder(value as object, (_, inner) => canonicalJson(inner))
    : canonicalJson(value);
}

function inOrder(record: object, print: (member: string, value: unknown) => string): string {
  const members = Object.entries(record).map(([member, value]) => `${JSON.stringify(member)}:${print(member, value)}`);
  return `{${members.join(',')}}`;
}

/**
 * Reads the wire form of an execution event. Members that the specification does not know are ignored, and an event may be an
 * array of its type and its members in order, as for the reference.
 *
 * @throws KernelError `InvalidEvent`
 */
export function decodeExecutionEvent(wire: unknown): ExecutionEventData {
  const own = ownMembers(Array.isArray(wire) ? memberwise(wire) : wire);
  const known = typeof own['type'] === 'string' && MEMBERS_OF.has(own['type']);
  if (!known) throw invalid(`unknown type ${(JSON.stringify(own['type']) as string | undefined)?.slice(0, 100)}`);
  const checked = checkSchema(ExecutionEventSchema, own);
  if (!checked.ok) throw invalid(`${String(own['type'])}: ${checked.reason}`);
  return Object.freeze(eventOf(checked.value));
}

/**
 * Reads the text of an execution event. Beyond `decodeExecutionEvent` it refuses what a parsed value can't show: a
 * member that stands there twice, and a whole number that is written with a fraction.
 *
 * @throws KernelError `InvalidEvent`
 */
export function parseExecutionEventText(text: string): ExecutionEventData {
  const { value, fractions } = readJsonText(text);
  assertWholeNumbers(value, fractions);
  return decodeExecutionEvent(value);
}

/**
 * Refuses an event whose whole numbers are written with a fraction.
 *
 * @param fractions the paths, inside the event, of the numbers that are
 * @throws KernelError `InvalidEvent`
 */
export function assertWholeNumbers(wire: unknown, fractions: readonly Path[]): void {
  const positional = Array.isArray(wire);
  const type: unknown = positional ? wire[0] : isPlainObject(wire) ? wire['type'] : undefined;
  const members = MEMBERS_OF.get(String(type)) ?? [];
  for (const [first = '', ...rest] of fractions) {
    const member = positional ? members[Number(first) - 1] : first;
    const path = [member, ...rest].join('/');
    if (member !== undefined && members.includes(member) && WHOLE_NUMBERS.has(path)) {
      throw invalid(`${path} is not written as a whole number`);
    }
  }
}

function memberwise([type, ...values]: readonly unknown[]): Readonly<Record<string, unknown>> {
  const members = MEMBERS_OF.get(String(type)) ?? [];
  if (values.length !== members.length) {
    throw invalid(`an array of ${String(type)} has ${members.length} members behind the type, not ${values.length}`);
  }
  return Object.fromEntries([['type', type], ...members.map((member, index) => [member, values[index]] as const)]);
}

/** Without a prototype, so that nothing is read that is not the record's own. */
function ownMembers(wire: unknown): Readonly<Record<string, unknown>> {
  if (!isPlainObject(wire)) throw invalid('an execution event is an object with a type');
  return Object.assign(Object.create(null) as Record<string, unknown>, wire);
}

function eventOf(wire: WireExecutionEvent): ExecutionEventData {
  switch (wire.type) {
    case 'execution_started': {
      const parent = wire.parent && { parentId: wire.parent.parent_id, parentType: wire.parent.parent_type };
      return { type: 'ExecutionStarted', parent: parent && Object.freeze(parent), metadata: wire.metadata };
    }
    case 'step_started': {
      const { step_id: stepId, parent_step_id: parentStepId, step_type: stepType, name } = wire;
      return { type: 'StepStarted', stepId, parentStepId, stepType, name };
    }
    case 'step_completed':
      return { type: 'StepCompleted', stepId: wire.step_id, output: wire.output, durationMs: wire.duration_ms };
    case 'step_failed':
      return { type: 'StepFailed', stepId: wire.step_id, error: errorOf(wire.error) };
    case 'execution_paused':
      return { type: 'ExecutionPaused', reason: wire.reason };
    case 'execution_resumed':
      return { type: 'ExecutionResumed' };
    case 'execution_completed':
      return { type: 'ExecutionCompleted', output: wire.output, durationMs: wire.duration_ms };
    case 'execution_failed':
      return { type: 'ExecutionFailed', error: errorOf(wire.error) };
    case 'execution_cancelled':
      return { type: 'ExecutionCancelled', reason: wire.reason };
    case 'artifact_stored': {
      const { artifact_id: artifactId, step_id: stepId, content_hash: contentHash, size_bytes: sizeBytes } = wire;
      return { type: 'ArtifactStored', artifactId, stepId, contentHash, sizeBytes };
    }
    case 'step_discovered': {
      const { step_id: stepId, discovered_by: discoveredBy, source_type: sourceType, reason, depth } = wire;
      return { type: 'StepDiscovered', stepId, discoveredBy, sourceType, reason, depth };
    }
    case 'tool_call_started': {
      const { step_id: stepId, tool_call_id: toolCallId, tool_name: toolName, input } = wire;
      return { type: 'ToolCallStarted', stepId, toolCallId, toolName, input };
    }
    case 'tool_call_completed':
      return {
        type: 'ToolCallCompleted',
        stepId: wire.step_id,
        toolCallId: wire.tool_call_id,
        output: wire.output,
      };
    case 'checkpoint_saved': {
      const { step_id: stepId, checkpoint_id: checkpointId, state_hash: stateHash } = wire;
      return { type: 'CheckpointSaved', stepId, checkpointId, stateHash };
    }
    case 'goal_evaluated': {
      const { step_id: stepId, goal_id: goalId, status, score, reason } = wire;
      return { type: 'GoalEvaluated', stepId, goalId, status, score, reason };
    }
    case 'custom':
      return { type: 'Custom', eventType: wire.event_type, data: wire.data };
  }
}

function encodeError(error: ExecutionError): WireExecutionError {
  const { category, message, retryPolicy, code, attempt, stepId, provider, httpStatus, details, occurredAtMs } = error;
  return {
    category,
    message,
    retry_policy: {
      retryable: retryPolicy.retryable,
      max_retries: retryPolicy.maxRetries,
      backoff_strategy: retryPolicy.backoffStrategy,
      base_delay: retryPolicy.baseDelayMs,
      max_delay: retryPolicy.maxDelayMs,
      requires_idempotency_key: retryPolicy.requiresIdempotencyKey,
    },
    code,
    attempt,
    step_id: stepId,
    provider,
    http_status: httpStatus,
    details,
    occurred_at: occurredAtMs,
  };
}

function errorOf(wire: WireExecutionError): ExecutionError {
  const { retry_policy: policy } = wire;
  return Object.freeze({
    category: wire.category,
    message: wire.message,
    retryPolicy: Object.freeze({
      retryable: policy.retryable,
      maxRetries: policy.max_retries,
      backoffStrategy: policy.backoff_strategy,
      baseDelayMs: policy.base_delay,
      maxDelayMs: policy.max_delay,
      requiresIdempotencyKey: policy.requires_idempotency_key,
    }),
    code: wire.code,
    attempt: wire.attempt,
    stepId: wire.step_id,
    provider: wire.provider,
    httpStatus: wire.http_status,
    details: wire.details,
    occurredAtMs: wire.occurred_at,
  });
}

function invalid(message: string): KernelError {
  return new KernelError('InvalidEvent', message);
}
