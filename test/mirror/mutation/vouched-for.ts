/**
 * What a log vouches for: the fields of a history that can't be changed without changing what is known of a run.
 *
 * Vouched for are
 * - what came in: the initial state, answers, signals that the run took, with their names, and what a parent's link says;
 * - what was asked for: activities, child runs and timers, with their ids, names, inputs and durations;
 * - what came back: results and failures, as the program saw them, and the receipts of answers;
 * - what the run says of itself: version marks, memos, what it hands on, its result or failure;
 * - the order of all of it: every event's number and type, which event belongs to which, and the ids by which they say so;
 * - when it happened, to the millisecond: the time of each event that the log has an entry of, and the run's beginning.
 *
 * Not vouched for, because neither program nor log ever sees it, is
 * - who did the work and how: identities, request ids, task queues, timeouts, retry policies, attempts and their failures, versions of
 *   workers and SDKs, ids of the server's own tasks, priorities, headers, sizes, `continueAfterEvents`;
 * - what is shown to people: summaries, details;
 * - what a schema strips from an input or result, and arguments that nobody reads;
 * - inputs that the run refused, as long as it refuses them: their number and place count, what they say does not;
 * - whether a workflow task that answered nothing was completed, failed or timed out, and why; details of a cancel or a
 *   termination; the message of a timeout (its kind counts);
 * - the times of the server's own events, and which of two of its own events came first when neither is about the other.
 */
import { canonicalJson, type Action, type Json } from '../../../src/kernel';
import { inputOfAnswer, inputOfSignal, resultOfFailure } from '../../../src/protocol';
import {
  at,
  attributesNameOf,
  attributesOf,
  idOf,
  typeOf,
  type Attributes,
  type ExportedEvent,
} from './exported-history';
import { valuesAt, type HonestRun } from './honest-run';

/** What a field is in the words of the issue. */
export type Aspect = 'input' | 'result' | 'name' | 'reference';

/** What a field holds. `values` are payloads of which the run itself wrote every one; `arguments` may have more than is read. */
export type Holds = 'values' | 'arguments' | 'value' | 'text' | 'duration' | 'eventId';

export interface Field {
  readonly path: string;
  readonly aspect: Aspect;
  readonly holds: Holds;
}

const field =
  (aspect: Aspect, holds: Holds) =>
  (...paths: string[]): Field[] =>
    paths.map((path) => ({ path, aspect, holds }));

const name = field('name', 'text');
const reference = field('reference', 'eventId');
const input = field('input', 'values');
const given = field('input', 'arguments');
const result = field('result', 'values');
const says = field('result', 'text');

const command = reference('workflowTaskCompletedEventId');
const child = name('workflowExecution.workflowId', 'workflowExecution.runId');
const childEnd = [...reference('initiatedEventId', 'startedEventId'), ...child];

/** The fields that are vouched for, by the type of the event. The summary above says why each other one is not. */
const FIELDS: Readonly<Record<string, readonly Field[]>> = {
  WORKFLOW_EXECUTION_STARTED: [
    ...given('input'),
    ...name('workflowType.name', 'workflowId', 'originalExecutionRunId', 'firstExecutionRunId'),
    ...name('continuedExecutionRunId', 'parentWorkflowExecution.workflowId', 'parentWorkflowExecution.runId'),
  ],
  WORKFLOW_TASK_STARTED: reference('scheduledEventId'),
  WORKFLOW_TASK_COMPLETED: reference('scheduledEventId', 'startedEventId'),
  WORKFLOW_TASK_FAILED: reference('scheduledEventId', 'startedEventId'),
  WORKFLOW_TASK_TIMED_OUT: reference('scheduledEventId', 'startedEventId'),
  ACTIVITY_TASK_SCHEDULED: [...command, ...name('activityId', 'activityType.name'), ...input('input')],
  ACTIVITY_TASK_STARTED: reference('scheduledEventId'),
  ACTIVITY_TASK_COMPLETED: [...reference('scheduledEventId', 'startedEventId'), ...result('result')],
  ACTIVITY_TASK_FAILED: [
    ...reference('scheduledEventId', 'startedEventId'),
    ...says('failure.message', 'failure.applicationFailureInfo.type'),
  ],
  ACTIVITY_TASK_TIMED_OUT: [
    ...reference('scheduledEventId', 'startedEventId'),
    ...says('failure.timeoutFailureInfo.timeoutType'),
  ],
  ACTIVITY_TASK_CANCEL_REQUESTED: [...command, ...reference('scheduledEventId')],
  ACTIVITY_TASK_CANCELED: reference('scheduledEventId', 'startedEventId', 'latestCancelRequestedEventId'),
  TIMER_STARTED: [...command, ...name('timerId'), ...field('input', 'duration')('startToFireTimeout')],
  TIMER_FIRED: [...name('timerId'), ...reference('startedEventId')],
  TIMER_CANCELED: [...command, ...name('timerId'), ...reference('startedEventId')],
  START_CHILD_WORKFLOW_EXECUTION_INITIATED: [...command, ...name('workflowId', 'workflowType.name'), ...input('input')],
  CHILD_WORKFLOW_EXECUTION_STARTED: [...reference('initiatedEventId'), ...child],
  CHILD_WORKFLOW_EXECUTION_COMPLETED: [...childEnd, ...result('result')],
  CHILD_WORKFLOW_EXECUTION_FAILED: [...childEnd, ...says('failure.message')],
  CHILD_WORKFLOW_EXECUTION_CANCELED: childEnd,
  CHILD_WORKFLOW_EXECUTION_TIMED_OUT: childEnd,
  CHILD_WORKFLOW_EXECUTION_TERMINATED: childEnd,
  REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED: [...command, ...name('workflowExecution.workflowId')],
  EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED: [
    ...reference('initiatedEventId'),
    ...name('workflowExecution.workflowId'),
  ],
  WORKFLOW_EXECUTION_SIGNALED: [...field('input', 'text')('signalName'), ...given('input')],
  WORKFLOW_EXECUTION_UPDATE_ACCEPTED: [
    ...name('acceptedRequest.input.name', 'acceptedRequest.meta.updateId'),
    ...given('acceptedRequest.input.args'),
  ],
  WORKFLOW_EXECUTION_UPDATE_COMPLETED: [
    ...reference('acceptedEventId'),
    ...name('meta.updateId'),
    ...result('outcome.success'),
  ],
  MARKER_RECORDED: [...command, ...name('markerName'), ...result('details.patch-data')],
  UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: [
    ...command,
    ...field('result', 'value')('searchAttributes.indexedFields.TemporalChangeVersion'),
  ],
  WORKFLOW_PROPERTIES_MODIFIED: [
    ...command,
    ...field('result', 'value')('upsertedMemo.fields.lastBlockedAt'),
    ...field('result', 'value')('upsertedMemo.fields.lastHeardAt'),
  ],
  WORKFLOW_EXECUTION_CONTINUED_AS_NEW: [
    ...command,
    ...name('newExecutionRunId', 'workflowType.name'),
    ...result('input'),
  ],
  WORKFLOW_EXECUTION_COMPLETED: [...command, ...result('result')],
  WORKFLOW_EXECUTION_FAILED: [
    ...command,
    ...says('failure.message', 'failure.applicationFailureInfo.type'),
    ...result('failure.applicationFailureInfo.details'),
  ],
  WORKFLOW_EXECUTION_CANCELED: command,
};

/** The vouched fields that an event has. */
export function fieldsOf(event: ExportedEvent): readonly Field[] {
  const attributes = attributesOf(event);
  return (FIELDS[typeOf(event)] ?? []).filter(({ path }) => at(attributes, path) !== undefined);
}

/** Whether a changed event says something else than before of what is vouched for. */
export function saysOtherwise(run: HonestRun, execution: number, before: ExportedEvent, after: ExportedEvent): boolean {
  if (before.eventType !== after.eventType) return true;
  return meaningOf(run, execution, before) !== meaningOf(run, execution, after);
}

function meaningOf(run: HonestRun, execution: number, event: ExportedEvent): string {
  const attributes = event[attributesNameOf(typeOf(event))] as Attributes;
  const read = whatIsRead(run, execution, event, attributes);
  const asTheyAre = (FIELDS[typeOf(event)] ?? []).filter(({ aspect }) => {
    return read === undefined || aspect === 'name' || aspect === 'reference';
  });
  return canonicalJson([asTheyAre.map(({ path }) => at(attributes, path) ?? null), read ?? null] as Json);
}

/** What a program makes of an event's payloads; undefined where it is what they say, to the byte. */
function whatIsRead(
  { program, histories, vouchedFor }: HonestRun,
  execution: number,
  event: ExportedEvent,
  attributes: Attributes,
): unknown {
  switch (typeOf(event)) {
    case 'WORKFLOW_EXECUTION_STARTED': {
      const [state, options] = unreadable(() => valuesAt(attributes, 'input'));
      return [execution === 0 ? reading(() => program.initialState(state ?? null)) : state, handedOn(options)];
    }
    case 'WORKFLOW_EXECUTION_CONTINUED_AS_NEW': {
      const [state, options, ...more] = unreadable(() => valuesAt(attributes, 'input'));
      return [state, handedOn(options), more];
    }
    case 'WORKFLOW_EXECUTION_SIGNALED': {
      const meant = inputOfSignal(
        program,
        String(attributes['signalName']),
        unreadable(() => valuesAt(attributes, 'input')),
      );
      const declared = meant.type === 'signal' && program.awaitsSignal(meant.name);
      const read =
        'value' in meant
          ? declared
            ? program.readSignal(meant.name, meant.value)
            : program.readAnswer(meant.value)
          : null;
      const interruptId = 'interruptId' in meant ? meant.interruptId : null;
      if (!vouchedFor[execution]?.has(idOf(event)) && (!read?.ok || interruptId !== null)) return 'refused';
      return [declared ? meant.name : null, read, interruptId];
    }
    case 'WORKFLOW_EXECUTION_UPDATE_ACCEPTED': {
      const meant = inputOfAnswer(unreadable(() => valuesAt(attributes, 'acceptedRequest.input.args'))[0]);
      if (meant.type !== 'resume') return meant;
      return [meant.interruptId, program.readAnswer(meant.value), at(attributes, 'acceptedRequest.input.name')];
    }
    case 'ACTIVITY_TASK_COMPLETED': {
      const scheduled = histories[execution]?.events.find(
        ({ eventId }) => eventId === String(attributes['scheduledEventId']),
      );
      const called = String(at(scheduled && attributesOf(scheduled), 'activityType.name'));
      const values = unreadable(() => valuesAt(attributes, 'result'));
      const action: Action = Object.hasOwn(program.tools, called)
        ? { type: 'CallTool', tool: called, input: null }
        : { type: 'CallLLM', provider: called, input: null };
      return [reading(() => program.readOutput(action, (values[0] ?? null) as Json)), values.length > 1];
    }
    case 'ACTIVITY_TASK_FAILED':
    case 'CHILD_WORKFLOW_EXECUTION_FAILED': {
      const message = at(attributes, 'failure.message');
      const type = at(attributes, 'failure.applicationFailureInfo.type');
      return resultOfFailure(Object.assign(new Error(String(message)), { type }));
    }
    default:
      return undefined;
  }
}

/** Of a run's options: whose it is, and what one execution hands to the next. Nobody reads more, but when to continue as new. */
function handedOn(options: unknown): unknown {
  const { tenant, carried } = (options ?? {}) as { readonly tenant?: unknown; readonly carried?: unknown };
  return [tenant ?? null, carried ?? null];
}

function unreadable(read: () => unknown[]): unknown[] {
  try {
    return read();
  } catch {
    return ['unreadable'];
  }
}

function reading(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return String(error);
  }
}
