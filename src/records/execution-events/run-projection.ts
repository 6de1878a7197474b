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
  interruptIdOf,
  ownIdOf,
  resumptionIn,
  type RunId,
  type RunRecord,
  type Seq,
  type StoredLog,
} from '../../kernel';
import type { ExecutionEventData, ParentLink } from './execution-event';
import { actionOf, eventsOfRequest, eventsOfSuccess, stepOf } from './projected-action';
import { errorOf, errorOfDenial, finalError } from './projected-error';
import { durationMs, plainText, remark, stepStarted } from './projected-event';
import { eventsOfSaid, reasonOf } from './projected-people';
import type { RunClosure } from './run-closure';
import type { NewExecutionEvent } from './stored-execution-event';

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
      return eventsOfRequest(event.actionId, actionOf(entry, before));
    case 'ActionSucceeded': {
      const lastedMs = durationMs(before?.origin.timeMs ?? 0, entry.origin.timeMs);
      return eventsOfSuccess(event.actionId, actionOf(entry, before), event.output, lastedMs);
    }
    case 'ActionFailed': {
      const stepId = stepOf(run, entry, before);
      return stepId === null ? [] : [{ type: 'StepFailed', stepId, error: errorOf(run, entry, before) }];
    }
    case 'Interrupted':
      return [{ type: 'ExecutionPaused', reason: reasonOf(event.value) }];
    case 'Resumed': {
      const resumption = resumptionIn(event.value);
      if (resumption !== null) return eventsOfSaid(resumption);
      const asked = before?.event.type === 'Interrupted' ? interruptIdOf(ownIdOf(run), before.eventIndex) : null;
      const answer = remark('answer_received', { interrupt_id: asked, value: event.value });
      return asked === null ? [answer] : [{ type: 'ExecutionResumed' }, answer];
    }
    case 'Completed':
      return [];
  }
}
