/**
 * What a workflow heard in one activation, in the order in which its shell delivers it: accepted updates, signals, a cancel, results.
 */
import type { temporal } from '@temporalio/proto';
import type { ActionResult, Input, Json, Program } from '../kernel';
import {
  ANSWER_UPDATE,
  asksForHash,
  CONTROL_UPDATE,
  inputOfAnswer,
  inputOfControl,
  inputOfSignal,
  resultOfFailure,
} from '../protocol';
import type { Activation } from './activation';
import type { HistoryDecoder, Payloads } from './history-decoder';
import { EventType, type HistoryEvent } from './history-event';
import { mismatch, reading } from './history-mismatch';

type UpdateInput = temporal.api.update.v1.IInput;

/** One input, and the event that brought it. */
export type HeardInput = { readonly event: HistoryEvent } & (
  | { readonly kind: 'update'; readonly input: Input; readonly asksForHash: boolean }
  | { readonly kind: 'signal'; readonly input: Input }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'result'; readonly scheduledEventId: number; readonly result: ActionResult }
);

/**
 * Reads an activation's inputs.
 *
 * @throws KernelError `HistoryMismatch` for an event that a run of ours can't cause
 */
export async function inputsOf(
  activation: Activation,
  program: Program,
  decoder: HistoryDecoder,
): Promise<readonly HeardInput[]> {
  const updates: HeardInput[] = [];
  const admitted = admittedIn(activation);
  for (const event of activation.commands) {
    const accepted = event.workflowExecutionUpdateAcceptedEventAttributes;
    if (!accepted) continue;
    const request = accepted.acceptedRequest?.input ?? admitted.get(accepted.protocolInstanceId ?? '');
    const inputOfUpdate = UPDATES.get(request?.name ?? '');
    if (inputOfUpdate === undefined) throw mismatch(event, `an update ${String(request?.name)} is none of a run's`);
    const argument = await reading(event, () => decoder.value(request?.args));
    const input = inputOfUpdate(argument);
    if (input === null) throw mismatch(event, 'no run takes such an update');
    updates.push({
      kind: 'update',
      event,
      input,
      asksForHash: request?.name === ANSWER_UPDATE && asksForHash(argument),
    });
  }
  const heard: HeardInput[] = [];
  for (const event of activation.inputs) {
    const input = await reading(event, () => inputOf(event, program, decoder));
    if (input !== null) heard.push(input);
  }
  const of = (kind: HeardInput['kind']): HeardInput[] => heard.filter((input) => input.kind === kind);
  return [...updates, ...of('signal'), ...of('cancel'), ...of('result')];
}

/** The updates that a run has, and what their arguments mean. */
const UPDATES: ReadonlyMap<string, (argument: unknown) => Input | null> = new Map([
  [ANSWER_UPDATE, inputOfAnswer],
  [CONTROL_UPDATE, inputOfControl],
]);

/** Updates that the server itself sent again, because of a reset: history has them where they came, and not where they were accepted. */
function admittedIn({ inputs }: Activation): ReadonlyMap<string, UpdateInput> {
  const admitted = new Map<string, UpdateInput>();
  for (const event of inputs) {
    const { meta, input } = event.workflowExecutionUpdateAdmittedEventAttributes?.request ?? {};
    if (meta?.updateId && input) admitted.set(meta.updateId, input);
  }
  return admitted;
}

async function inputOf(event: HistoryEvent, program: Program, decoder: HistoryDecoder): Promise<HeardInput | null> {
  const result = (scheduledEventId: unknown, ended: ActionResult): HeardInput => {
    return { kind: 'result', event, scheduledEventId: Number(scheduledEventId), result: ended };
  };
  switch (event.eventType) {
    case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: {
      const { signalName, input } = event.workflowExecutionSignaledEventAttributes ?? {};
      return { kind: 'signal', event, input: inputOfSignal(program, signalName ?? '', await decoder.values(input)) };
    }
    case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED:
      return { kind: 'cancel', event };
    case EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED: {
      const attributes = event.activityTaskCompletedEventAttributes;
      const output = await outputOf(event, attributes?.result, decoder);
      return result(attributes?.scheduledEventId, { type: 'success', output });
    }
    case EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED: {
      const attributes = event.activityTaskFailedEventAttributes;
      const { timeoutFailureInfo, canceledFailureInfo } = attributes?.failure ?? {};
      if (timeoutFailureInfo ?? canceledFailureInfo) throw mismatch(event, 'the server has another event for this');
      return result(attributes?.scheduledEventId, resultOfFailure(await decoder.failure(attributes?.failure)));
    }
    case EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT: {
      const attributes = event.activityTaskTimedOutEventAttributes;
      if (!attributes?.failure?.timeoutFailureInfo) throw mismatch(event, 'it does not say what took too long');
      return result(attributes.scheduledEventId, resultOfFailure(await decoder.failure(attributes.failure)));
    }
    case EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED:
      return result(
        event.activityTaskCanceledEventAttributes?.scheduledEventId,
        resultOfFailure({ name: 'CancelledFailure' }),
      );
    case EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED: {
      const attributes = event.childWorkflowExecutionCompletedEventAttributes;
      const output = await outputOf(event, attributes?.result, decoder);
      return result(attributes?.initiatedEventId, { type: 'success', output });
    }
    case EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED: {
      const attributes = event.childWorkflowExecutionFailedEventAttributes;
      return result(attributes?.initiatedEventId, resultOfFailure(await decoder.failure(attributes?.failure)));
    }
    case EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED:
      return result(
        event.childWorkflowExecutionCanceledEventAttributes?.initiatedEventId,
        resultOfFailure({ name: 'CancelledFailure' }),
      );
    case EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT:
      return result(
        event.childWorkflowExecutionTimedOutEventAttributes?.initiatedEventId,
        resultOfFailure({ name: 'TimeoutFailure', timeoutType: 'START_TO_CLOSE' }),
      );
    case EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED:
      return result(
        event.childWorkflowExecutionTerminatedEventAttributes?.initiatedEventId,
        resultOfFailure({ name: 'TerminatedFailure' }),
      );
    case EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED:
      return result(
        event.startChildWorkflowExecutionFailedEventAttributes?.initiatedEventId,
        resultOfFailure({ name: 'WorkflowExecutionAlreadyStartedError' }),
      );
    case EventType.EVENT_TYPE_TIMER_FIRED:
      return result(event.timerFiredEventAttributes?.startedEventId, { type: 'success', output: null });
    default:
      if (HARMLESS_INPUTS.has(event.eventType ?? 0)) return null;
      throw mismatch(event, 'a run has no such event');
  }
}

/** What an activity or a child run gave: one value, or none. */
async function outputOf(event: HistoryEvent, payloads: Payloads, decoder: HistoryDecoder): Promise<Json> {
  const values = await decoder.values(payloads);
  if (values.length > 1) throw mismatch(event, `it has ${values.length} results`);
  return (values[0] ?? null) as Json;
}

/** Inputs that change nothing in a run: the server's own book-keeping. */
const HARMLESS_INPUTS: ReadonlySet<number> = new Set([
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ADMITTED,
  EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
  EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
  EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
  EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
  EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED,
  EventType.EVENT_TYPE_ACTIVITY_PROPERTIES_MODIFIED_EXTERNALLY,
  EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED,
  EventType.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED,
  EventType.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED,
]);
