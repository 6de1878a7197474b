/**
 * The projection: a run's canonical log as execution events. Pure: the same log gives the same events, each of them with the
 * time of the entry that it comes from, and with ids made of run id and seq.
 *
 * | in the log                  | execution events, in this order                                                     |
 * | --------------------------- | ----------------------------------------------------------------------------------- |
 * | the run's start             | `execution_started`: its parent, and as metadata run, program, version, initial state, first execution, genesis hash |
 * | `StateUpdated`              | `step_started` (`FunctionNode`, named after the step id), `step_completed` with the payload as output |
 * | `ActionRequested` CallTool  | `step_started` (`ToolNode`, named after the tool), `tool_call_started`              |
 * | `ActionRequested` CallLLM   | `step_started` (`LlmNode`, named after the provider), custom `llm_call_started`     |
 * | `ActionRequested` Sleep     | `step_started` (`FunctionNode`)                                                     |
 * | `ActionRequested` WaitSignal | `execution_paused`                                                                 |
 * | `ActionSucceeded`           | CallTool: `tool_call_completed`; CallTool, CallLLM: an `artifact_stored` for each artifact that the output refers to; CallTool, CallLLM, Sleep: `step_completed`; WaitSignal: `execution_resumed`, custom `signal_received` |
 * | `ActionFailed`              | `step_failed`; nothing for WaitSignal, which is no step                             |
 * | `Interrupted`               | `execution_paused`, with the question as reason, or with who paused the run         |
 * | `Resumed`                   | `execution_resumed` if it answers an interrupt; custom `answer_received`            |
 * | `Resumed` by people         | a vote, an escalation, a message: custom `vote_received`, `escalated`, `message_received`; a decision, an approval, the end of a pause: `execution_resumed`, custom `decided`, `approval_settled`, `unpaused` |
 * | `Completed`                 | `execution_completed`, behind the checkpoint                                        |
 * | every entry                 | `checkpoint_saved` with the state hash, as its last event                           |
 * | the end, by `failed`        | `execution_failed`: with the error of the action, or of the policy's denial         |
 * | the end, by `timedOut`      | `execution_failed`                                                                  |
 * | the end, by `cancelled` or `terminated` | `execution_cancelled`                                                   |
 *
 * A step's id is the action's id; that of a state update is made the same way, of its seq. What a reset made of a run is an execution of
 * its own, under the id of its log; ids inside it are the run's. An entry's events depend on the entry
 * and on one earlier one only: of an action's result, its request; else, the entry before.
 * An artifact's id and content hash are its address. That it is stored is what the action's output says: nobody looks into a store of
 * artifacts here.
 * Never projected are `step_discovered` and `goal_evaluated`: a kernel's log knows nothing of the kind. They, and remarks of the
 * `custom` kind, are for others to append.
 */
import {
  actionIdOf,
  ARTIFACT_TAG,
  artifactsIn,
  askIn,
  canonicalJson,
  CANCELLED_ERROR,
  decodeAction,
  eventActionIdOf,
  interruptIdOf,
  KernelError,
  ownIdOf,
  resumptionIn,
  type Action,
  type ActionId,
  type DenialCode,
  type Json,
  type Resumption,
  type RunId,
  type RunRecord,
  type Seq,
  type StoredLog,
} from '../../kernel';
import type {
  ExecutionErrorCategory,
  ExecutionError,
  ExecutionEventData,
  ParentLink,
  StepType,
} from './execution-event';
import type { NewExecutionEvent } from './stored-execution-event';

/** How a run ended, as its mirror knows. */
export type RunEnd = 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timedOut';

/** What is known of a run's end beyond its log. */
export interface RunClosure {
  readonly closed: RunEnd;
  /** Who refused an action and why, where that was the end (`RunStatus` has it): the log has no event for it. */
  readonly denial?: { readonly code: DenialCode; readonly reason: string };
  /** When the run ended, in milliseconds since 1970. Default: when its last entry came to be. */
  readonly closedAtMs?: number;
}

/** Most artifacts of one entry: its events must go into one batch. Where there are more, a remark says so. */
export const ARTIFACTS_PER_ENTRY_MAX = 9_000;

/** The id of the checkpoint that closes the events of an entry. */
export function checkpointIdOf(runId: RunId, seq: Seq): string {
  return `${runId}-${seq}`;
}

/**
 * The first event of a run's execution.
 *
 * @param parent what set the run off; without it, the run that the mirror knows to be its parent, where there is one
 */
export function eventOfStart(run: RunRecord, parent: ParentLink | null = parentOf(run)): NewExecutionEvent {
  const metadata = {
    run_id: ownIdOf(run),
    program: run.program,
    version: run.version,
    initial_state: run.initialState,
    genesis_hash: run.genesisHash,
    first_execution_id: run.firstExecutionId,
  };
  return { event: { type: 'ExecutionStarted', parent, metadata }, timestampMs: run.startedAtMs };
}

/** The parent that the mirror knows of: a run whose step started this one. */
export function parentOf({ parent }: RunRecord): ParentLink | null {
  return parent && { parentId: parent.runId, parentType: 'step_execution' };
}

/** The seq of the request that an entry is the result of; null for entries that are none. */
export function requestSeqOf(run: RunRecord, { event }: StoredLog): Seq | null {
  if (event.type !== 'ActionSucceeded' && event.type !== 'ActionFailed') return null;
  const prefix = actionIdOf(ownIdOf(run), 0).slice(0, -1);
  const seq = event.actionId.startsWith(prefix) ? Number(event.actionId.slice(prefix.length)) : 0;
  return Number.isSafeInteger(seq) && seq > 0 ? seq : null;
}

/**
 * The events of an entry.
 *
 * @param before of an action's result, its request ({@link requestSeqOf}); else the entry before it; null for the first
 */
export function eventsOfEntry(
  run: RunRecord,
  entry: StoredLog,
  before: StoredLog | null,
): readonly NewExecutionEvent[] {
  const { event, stateHash, eventIndex: seq } = entry;
  const { timeMs } = entry.origin;
  const checkpoint: ExecutionEventData = {
    type: 'CheckpointSaved',
    stepId: stepOf(run, entry, before),
    checkpointId: checkpointIdOf(run.runId, seq),
    stateHash,
  };
  const completed: ExecutionEventData[] =
    event.type === 'Completed'
      ? [{ type: 'ExecutionCompleted', output: null, durationMs: durationMs(run.startedAtMs, timeMs) }]
      : [];
  return [...happened(run, entry, before), checkpoint, ...completed].map((data) => ({
    event: data,
    timestampMs: timeMs,
  }));
}

/**
 * The event of a run's end; null where the log's own `Completed` says it.
 *
 * @param last the log's last entry, or of a run that failed the entry of the action that it failed with; null when the log is empty
 * @param before of an action's result, its request
 */
export function eventOfEnd(
  run: RunRecord,
  closure: RunClosure,
  last: StoredLog | null,
  before: StoredLog | null,
): NewExecutionEvent | null {
  const timestampMs = closure.closedAtMs ?? last?.origin.timeMs ?? run.startedAtMs;
  switch (closure.closed) {
    case 'completed':
      return null;
    case 'cancelled':
    case 'terminated':
      return { event: { type: 'ExecutionCancelled', reason: closure.closed }, timestampMs };
    case 'timedOut': {
      const error = finalError({ category: 'Timeout', message: 'the run timed out', occurredAtMs: timestampMs });
      return { event: { type: 'ExecutionFailed', error }, timestampMs };
    }
    case 'failed': {
      const error =
        last?.event.type === 'ActionFailed' ? errorOf(run, last, before) : errorOfDenial(closure, timestampMs);
      return { event: { type: 'ExecutionFailed', error }, timestampMs };
    }
  }
}

/** The step that an entry belongs to; null where it belongs to none. */
function stepOf(run: RunRecord, entry: StoredLog, before: StoredLog | null): string | null {
  const { event, eventIndex } = entry;
  if (event.type === 'StateUpdated') return actionIdOf(ownIdOf(run), eventIndex);
  const actionId = eventActionIdOf(event);
  return actionId === null || actionOf(entry, before).type === 'WaitSignal' ? null : actionId;
}

function happened(run: RunRecord, entry: StoredLog, before: StoredLog | null): readonly ExecutionEventData[] {
  const { event } = entry;
  switch (event.type) {
    case 'StateUpdated': {
      const stepId = actionIdOf(ownIdOf(run), entry.eventIndex);
      return [
        stepStarted(stepId, 'FunctionNode', event.stepId ?? 'update'),
        { type: 'StepCompleted', stepId, output: plainText(event.payload), durationMs: 0 },
      ];
    }
    case 'ActionRequested':
      return requested(event.actionId, actionOf(entry, before));
    case 'ActionSucceeded': {
      const lastedMs = durationMs(before?.origin.timeMs ?? 0, entry.origin.timeMs);
      return succeeded(event.actionId, actionOf(entry, before), event.output, lastedMs);
    }
    case 'ActionFailed': {
      const stepId = stepOf(run, entry, before);
      return stepId === null ? [] : [{ type: 'StepFailed', stepId, error: errorOf(run, entry, before) }];
    }
    case 'Interrupted':
      return [{ type: 'ExecutionPaused', reason: reasonOf(event.value) }];
    case 'Resumed': {
      const resumption = resumptionIn(event.value);
      if (resumption !== null) return said(resumption);
      const asked = before?.event.type === 'Interrupted' ? interruptIdOf(ownIdOf(run), before.eventIndex) : null;
      const answer = remark('answer_received', { interrupt_id: asked, value: event.value });
      return asked === null ? [answer] : [{ type: 'ExecutionResumed' }, answer];
    }
    case 'Completed':
      return [];
  }
}

/** Why a run stops for people. */
function reasonOf(value: Json): string {
  const resumption = resumptionIn(value);
  if (resumption?.type === 'pause') {
    const { by, reason } = resumption.pause;
    return `paused${by === null ? '' : ` by ${by}`}${reason === null ? '' : `: ${reason}`}`;
  }
  return askIn(value)?.question ?? plainText(value);
}

function said(resumption: Resumption): readonly ExecutionEventData[] {
  const json = (data: unknown): Json => data as Json;
  switch (resumption.type) {
    case 'vote':
      return [remark('vote_received', json(resumption.vote))];
    case 'escalated':
      return [remark('escalated', json(resumption.escalated))];
    case 'steer':
      return [remark('message_received', json(resumption.steer))];
    case 'decision':
      return [{ type: 'ExecutionResumed' }, remark('decided', json(resumption.decision))];
    case 'approval':
      return [{ type: 'ExecutionResumed' }, remark('approval_settled', json(resumption.approval))];
    case 'unpause':
      return [{ type: 'ExecutionResumed' }, remark('unpaused', json(resumption.unpause))];
    case 'pause':
      return [];
  }
}

function requested(actionId: ActionId, action: Action): readonly ExecutionEventData[] {
  switch (action.type) {
    case 'CallTool': {
      const { tool: toolName, input } = action;
      return [
        stepStarted(actionId, 'ToolNode', toolName),
        { type: 'ToolCallStarted', stepId: actionId, toolCallId: actionId, toolName, input },
      ];
    }
    case 'CallLLM': {
      const { provider, input } = action;
      return [
        stepStarted(actionId, 'LlmNode', provider),
        remark('llm_call_started', { step_id: actionId, provider, input }),
      ];
    }
    case 'Sleep':
      return [stepStarted(actionId, 'FunctionNode', `sleep ${action.millis} ms`)];
    case 'WaitSignal':
      return [{ type: 'ExecutionPaused', reason: `waits for the signal ${JSON.stringify(action.name)}` }];
  }
}

function succeeded(actionId: ActionId, action: Action, output: Json, lastedMs: number): readonly ExecutionEventData[] {
  switch (action.type) {
    case 'CallTool':
      return [
        { type: 'ToolCallCompleted', stepId: actionId, toolCallId: actionId, output },
        ...artifactsOf(actionId, output),
        { type: 'StepCompleted', stepId: actionId, output: null, durationMs: lastedMs },
      ];
    case 'CallLLM':
      return [
        ...artifactsOf(actionId, output),
        { type: 'StepCompleted', stepId: actionId, output: plainText(output), durationMs: lastedMs },
      ];
    case 'Sleep':
      return [{ type: 'StepCompleted', stepId: actionId, output: null, durationMs: lastedMs }];
    case 'WaitSignal':
      return [
        { type: 'ExecutionResumed' },
        remark('signal_received', { action_id: actionId, name: action.name, value: output }),
      ];
  }
}

/** What an action's output says is stored. (A signal's value is no action's work: who sent it may have stored what it refers to.) */
function artifactsOf(actionId: ActionId, output: Json): readonly ExecutionEventData[] {
  const found = artifactsIn(output);
  const stored = found.slice(0, ARTIFACTS_PER_ENTRY_MAX).map(({ [ARTIFACT_TAG]: { address, bytes } }) => ({
    type: 'ArtifactStored' as const,
    artifactId: address,
    stepId: actionId,
    contentHash: address,
    sizeBytes: bytes,
  }));
  if (stored.length === found.length) return stored;
  return [...stored, remark('artifacts_left_out', { step_id: actionId, listed: stored.length })];
}

/** The action that an entry requests, or that it is the result of. */
function actionOf({ event, threadId, eventIndex: seq }: StoredLog, before: StoredLog | null): Action {
  const request = event.type === 'ActionRequested' ? event : before?.event;
  if (request?.type === 'ActionRequested' && request.actionId === eventActionIdOf(event)) {
    return decodeAction(request.payload);
  }
  const place = `the log of run ${JSON.stringify(threadId)} at seq ${seq}`;
  throw new KernelError('LogCorrupt', `${place} has a result that does not follow its request`, { seq });
}

/** What went wrong in an action. The policy has decided about other attempts before it comes into a log: there are none. */
function errorOf(run: RunRecord, entry: StoredLog, before: StoredLog | null): ExecutionError {
  const { event, origin } = entry;
  const message = event.type === 'ActionFailed' ? event.error : '';
  const action = actionOf(entry, before);
  return finalError({
    category: CATEGORY_OF[action.type],
    message,
    code: message === CANCELLED_ERROR ? 'cancelled' : null,
    stepId: stepOf(run, entry, before),
    provider: action.type === 'CallLLM' ? action.provider : null,
    occurredAtMs: origin.timeMs,
  });
}

function errorOfDenial({ denial }: RunClosure, occurredAtMs: number): ExecutionError {
  return finalError({
    category: denial?.code === 'BudgetExceeded' ? 'QuotaExceeded' : 'PolicyViolation',
    message: denial?.reason ?? 'an action was denied',
    code: denial?.code ?? null,
    occurredAtMs,
  });
}

const CATEGORY_OF: Readonly<Record<Action['type'], ExecutionErrorCategory>> = {
  CallTool: 'ToolError',
  CallLLM: 'LlmError',
  Sleep: 'KernelInternal',
  WaitSignal: 'KernelInternal',
};

/** An error after which nothing is tried again. A log has one result for an action, so its attempts are counted as one. */
function finalError(
  known: Pick<ExecutionError, 'category' | 'message' | 'occurredAtMs'> & Partial<ExecutionError>,
): ExecutionError {
  return {
    retryPolicy: {
      retryable: false,
      maxRetries: 0,
      backoffStrategy: 'none',
      baseDelayMs: 0,
      maxDelayMs: 0,
      requiresIdempotencyKey: false,
    },
    code: null,
    attempt: 1,
    stepId: null,
    provider: null,
    httpStatus: null,
    details: null,
    ...known,
  };
}

function stepStarted(stepId: string, stepType: StepType, name: string): ExecutionEventData {
  return { type: 'StepStarted', stepId, parentStepId: null, stepType, name };
}

function remark(eventType: string, data: Json): ExecutionEventData {
  return { type: 'Custom', eventType, data };
}

/** A text as it is, anything else as canonical JSON: where the specification has room for a text only. */
function plainText(value: Json): string {
  return typeof value === 'string' ? value : canonicalJson(value);
}

/** An early signal came before it was asked for. */
function durationMs(fromMs: number, toMs: number): number {
  return Math.max(0, toMs - fromMs);
}
