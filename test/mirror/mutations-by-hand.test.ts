/** Mutations made by hand, one for each thing that the mirror holds a history to: the event that is named, and why. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ExportedHistorySource, Mirror, type Verdict } from '../../src/mirror';
import { MemoryStore } from '../../src/stores';
import { RECORDED_PROGRAMS } from '../histories/recordings';
import {
  at,
  attributesNameOf,
  attributesOf,
  idOf,
  jsonOf,
  payloadOf,
  put,
  renumbered,
  type Attributes,
  type ExportedEvent,
  type ExportedHistory,
  type ExportedPayload,
} from './mutation/exported-history';

type Events = ExportedEvent[];
type Change = (events: Events) => readonly ExportedEvent[];

function recorded(runId: string): ExportedHistory[] {
  return JSON.parse(readFileSync(join(__dirname, '../histories', `${runId}.json`), 'utf8')) as ExportedHistory[];
}

function changed(runId: string, change: Change, execution = 0): ExportedHistory[] {
  return recorded(runId).map(({ events }, index) => ({
    events: index === execution ? change([...events]) : events,
  }));
}

/** Changes the attributes of one event. */
const of =
  (eventId: number, change: (attributes: Attributes) => void): Change =>
  (events) => {
    change(attributesOf(events[eventId - 1]!));
    return events;
  };

const puts = (eventId: number, path: string, value: unknown): Change =>
  of(eventId, (attributes) => {
    put(attributes, path, value);
  });

const payload = (eventId: number, path: string, change: (value: never) => unknown): Change =>
  of(eventId, (attributes) => {
    const before = at(attributes, path) as ExportedPayload;
    put(attributes, path, payloadOf(change(jsonOf(before) as never), before));
  });

const argument = (eventId: number, path: string, index: number, change: (value: never) => unknown): Change =>
  of(eventId, (attributes) => {
    const payloads = at(attributes, `${path}.payloads`) as ExportedPayload[];
    payloads[index] = payloadOf(change(jsonOf(payloads[index]!) as never), payloads[index]!);
  });

const argumentTwice = (eventId: number, path: string): Change =>
  of(eventId, (attributes) => {
    const payloads = at(attributes, `${path}.payloads`) as ExportedPayload[];
    payloads.push(payloads[0]!);
  });

const without =
  (...eventIds: number[]): Change =>
  (events) =>
    renumbered(events.filter((event) => !eventIds.includes(idOf(event))).map((event) => ({ event, copy: 0 })));

const twice =
  (...eventIds: number[]): Change =>
  (events) => {
    const last = Math.max(...eventIds);
    const copies = events.filter((event) => eventIds.includes(idOf(event))).map((event) => ({ event, copy: 1 }));
    const originals = events.map((event) => ({ event, copy: 0 }));
    return renumbered([...originals.slice(0, last), ...copies, ...originals.slice(last)]);
  };

const retyped =
  (eventId: number, type: string, keepsAttributes = false): Change =>
  (events) => {
    const event = events[eventId - 1]!;
    const attributes = attributesOf(event);
    const { eventTime } = event;
    const name = keepsAttributes
      ? Object.keys(event).find((key) => event[key] === attributes)!
      : attributesNameOf(type);
    return events.map((other) =>
      other === event
        ? { eventId: event.eventId, eventTime, eventType: `EVENT_TYPE_${type}`, [name]: attributes }
        : other,
    );
  };

async function mirror(runId: string, histories: readonly unknown[]): Promise<unknown> {
  const source = new ExportedHistorySource(histories);
  return await new Mirror({ source, programs: RECORDED_PROGRAMS, store: new MemoryStore() }).mirror(runId);
}

describe('given a history and nothing else', () => {
  test.each<[string, string, Change, string]>([
    ['an activity that starts twice', 'failed', twice(6), 'event 7 (ActivityTaskStarted): event 6 started it already'],
    ['a workflow task that completes twice', 'signals', twice(9), 'event 10 (WorkflowTaskCompleted): it goes on with'],
    [
      'a task scheduled within a task',
      'signals',
      twice(7),
      'event 8 (WorkflowTaskScheduled): the workflow task that event 7 scheduled is under way',
    ],
    ['two ends', 'failed', twice(11), 'event 12 (WorkflowExecutionFailed): the execution had ended with event 11'],
    [
      'two requests to cancel',
      'timers',
      twice(32),
      'event 33 (WorkflowExecutionCancelRequested): the server takes one',
    ],
    ['a type without its attributes', 'task-failed', retyped(4, 'WORKFLOW_TASK_TIMED_OUT', true), 'event 4 (Workflow'],
    ['an end of another start', 'failed', puts(7, 'startedEventId', '5'), 'event 7 (ActivityTaskFailed): it ends what'],
    ['a timer of another id', 'timers', puts(6, 'timerId', '2'), 'event 6 (TimerFired): event 5 began something of'],
    [
      'a child of another id',
      'child',
      puts(6, 'workflowExecution.runId', 'x'),
      'event 10 (ChildWorkflowExecutionCompleted): it ends execution',
    ],
    [
      'an answer behind another task',
      'failed',
      puts(5, 'workflowTaskCompletedEventId', '3'),
      'event 5 (ActivityTaskScheduled): it says that task 3 answered it',
    ],
    [
      'an end that names another request to cancel',
      'cancelled-at-work',
      puts(18, 'latestCancelRequestedEventId', '15'),
      'event 18 (ActivityTaskCanceled): event 15 is no request to cancel it',
    ],
    [
      'another receipt',
      'answers',
      argument(10, 'outcome.success', 0, () => ({ seq: 7 })),
      'event 10 (WorkflowExecutionUpdateCompleted): the receipt is not that of the answer, which is entry 2',
    ],
    [
      'a receipt that vouches for another log',
      'receipts',
      argument(10, 'outcome.success', 0, (receipt: object) => ({ ...receipt, hash: '0'.repeat(64) })),
      'event 10 (WorkflowExecutionUpdateCompleted): the receipt is not that of the answer, which is entry 2',
    ],
    [
      'a receipt that vouches for nothing, though it was to',
      'receipts',
      argument(10, 'outcome.success', 0, ({ seq }: { seq: number }) => ({ seq })),
      'event 10 (WorkflowExecutionUpdateCompleted): the receipt is not that of the answer, which is entry 2',
    ],
    [
      'an answer that did not ask for a receipt that vouches',
      'receipts',
      argument(9, 'acceptedRequest.input.args', 0, (answer: object) => ({ ...answer, receipt: 'seq' })),
      'event 10 (WorkflowExecutionUpdateCompleted): the receipt is not that of the answer, which is entry 2',
    ],
    [
      'no memo where no receipt vouches',
      'receipts',
      without(16),
      'event 13 (WorkflowTaskCompleted): the program waits for an answer to',
    ],
    ['no receipt', 'answers', without(10), 'event 8 (WorkflowTaskCompleted): it gives 0 receipts for 1 accepted'],
    ['two memos', 'answers', twice(5), 'event 6 (WorkflowPropertiesModified): no answer has it behind event 5'],
    [
      'a memo of a stranger',
      'answers',
      of(5, (attributes) => {
        const fields = at(attributes, 'upsertedMemo.fields') as Record<string, unknown>;
        fields['more'] = fields['lastBlockedAt'];
      }),
      'event 5 (WorkflowPropertiesModified): the memo more is not the one of this task, lastBlockedAt',
    ],
    [
      'another reason to fail',
      'failed',
      puts(11, 'failure.message', 'x'),
      'event 11 (WorkflowExecutionFailed): it says',
    ],
    [
      'another kind of failure',
      'denied',
      puts(5, 'failure.applicationFailureInfo.type', 'BudgetExceeded'),
      'event 5 (WorkflowExecutionFailed): it says otherwise than the program',
    ],
    ['an input twice', 'failed', argumentTwice(5, 'input'), 'event 5 (ActivityTaskScheduled): its input is not'],
    ['a result twice', 'running', argumentTwice(7, 'result'), 'event 7 (ActivityTaskCompleted): it has 2 results'],
    [
      'a timeout that is none',
      'failed',
      retyped(7, 'ACTIVITY_TASK_TIMED_OUT'),
      'event 7 (ActivityTaskTimedOut): it does not say what took too long',
    ],
    [
      'a failure that is a timeout',
      'failed',
      of(7, (attributes) => {
        attributes['failure'] = { timeoutFailureInfo: { timeoutType: 'TIMEOUT_TYPE_START_TO_CLOSE' } };
      }),
      'event 7 (ActivityTaskFailed): the server has another event for this',
    ],
    ['a timer that is not told to stop', 'cancelled', without(16), 'event 15 (WorkflowTaskCompleted): what event'],
    [
      'a work that is not told to stop',
      'cancelled-at-work',
      without(16),
      'event 15 (WorkflowTaskCompleted): what event 11 began was to stop, but was not told',
    ],
    [
      'a deprecated version mark',
      'version-2',
      argument(5, 'details.patch-data', 0, (patch: object) => ({ ...patch, deprecated: true })),
      'event 5 (MarkerRecorded): the marker core_patch',
    ],
    [
      'a local activity',
      'version-2',
      of(5, (attributes) => {
        const [patch] = at(attributes, 'details.patch-data.payloads') as ExportedPayload[];
        const done = { seq: 1, attempt: 1, activity_id: 'version-2-1', activity_type: 'echo' };
        put(attributes, 'markerName', 'core_local_activity');
        put(attributes, 'details', {
          data: { payloads: [payloadOf(done, patch!)] },
          result: { payloads: [payloadOf(1, patch!)] },
        });
      }),
      'event 5 (MarkerRecorded): a run does nothing by a local activity',
    ],
    [
      'another version in the search attribute',
      'version-2',
      payload(6, 'searchAttributes.indexedFields.TemporalChangeVersion', () => ['improved@3']),
      'event 6 (UpsertWorkflowSearchAttributes): it does not list the marker of version 2',
    ],
    [
      'the id of another run',
      'failed',
      puts(1, 'workflowId', 'x'),
      'event 1 (WorkflowExecutionStarted): it is of run x',
    ],
    [
      'another beginning',
      'failed',
      puts(1, 'firstExecutionRunId', 'x'),
      'event 1 (WorkflowExecutionStarted): it says that the run began with execution x',
    ],
    [
      'a state beside what is handed on',
      'continued-with-signals',
      argument(28, 'input', 0, () => 1),
      'event 28 (WorkflowExecutionContinuedAsNew): a run of player goes on as such',
    ],
    [
      'a tenant that it is handed on to',
      'continued-with-signals',
      argument(28, 'input', 1, (options: object) => ({ ...options, tenant: 'x' })),
      'event 28 (WorkflowExecutionContinuedAsNew): it hands the run on to tenant x',
    ],
  ])('when it has %s, then it is no history of the run', async (_, runId, change, message) => {
    await expect(mirror(runId, recorded(runId))).resolves.toBeDefined();
    await expect(mirror(runId, changed(runId, change))).rejects.toMatchObject({
      code: 'HistoryMismatch',
      message: expect.stringContaining(message) as string,
    });
  });

  test.each<[string, string, unknown, string]>([
    ['another id', 'originalExecutionRunId', 'x', 'it is execution x'],
    ['another program', 'workflowType.name', 'novice', 'did not begin with what the one before it handed on'],
  ])('when an execution that goes on has %s, then it is none of the chain', async (_, path, value, message) => {
    const histories = changed('continued-with-signals', puts(1, path, value), 2);

    await expect(mirror('continued-with-signals', histories)).rejects.toThrow(message);
  });
});

describe('given a stored log', () => {
  async function verify(runId: string, histories: readonly unknown[]): Promise<Verdict> {
    const store = new MemoryStore();
    const programs = RECORDED_PROGRAMS;
    await new Mirror({ source: new ExportedHistorySource(recorded(runId)), programs, store }).mirror(runId);
    return await new Mirror({ source: new ExportedHistorySource(histories), programs, store }).verify(runId);
  }

  test('when the history lost its end, then the first entry that it lost is named, with its event', async () => {
    const { problems } = await verify(
      'running',
      changed('running', (events) => events.slice(0, 9)),
    );

    expect(problems[0]).toMatchObject({ check: 'fold', seq: 2, historyEventId: 7 });
  });

  test('when the history lost an end that the log has no entry of, then that is named', async () => {
    const { problems } = await verify(
      'cancelled',
      changed('cancelled', (events) => events.slice(0, 14)),
    );
    expect(problems[0]).toMatchObject({ check: 'fold', historyEventId: 16 });

    const terminated = await verify(
      'terminated',
      changed('terminated', (events) => events.slice(0, 11)),
    );
    expect(terminated.problems[0]).toMatchObject({ check: 'fold', historyEventId: 12 });
  });

  test('when an input that nobody has read yet is changed, then its event is named', async () => {
    const change = argument(6, 'input', 0, () => ({ amount: 55 }));
    const { problems } = await verify('signals-at-once', changed('signals-at-once', change));

    expect(problems[0]).toMatchObject({ check: 'fold', historyEventId: 6 });
  });

  test('when the history says that it is another tenant’s, then its beginning is named', async () => {
    const change = argument(1, 'input', 1, (options: object) => ({ ...options, tenant: 'x' }));
    const { problems } = await verify('denied', changed('denied', change));

    expect(problems[0]).toMatchObject({ check: 'fold', historyEventId: 1, reason: 'the run is of tenant x' });
  });

  test('when an execution of the chain says that none was before it, then that is named', async () => {
    const change = puts(1, 'continuedExecutionRunId', '');
    const { problems } = await verify('continued-as-new', changed('continued-as-new', change, 1));

    expect(problems[0]).toMatchObject({ check: 'fold', historyEventId: 1 });
    expect(problems[0]?.reason).toContain('it goes on from execution null, but the one before is');
  });

  test('when an execution of the chain is missing, then the event that leads to it is named', async () => {
    const { problems } = await verify('continued-as-new', recorded('continued-as-new').slice(0, 1));

    const last = recorded('continued-as-new')[0]!.events.length;
    expect(problems[0]).toMatchObject({ check: 'fold', historyEventId: last });
  });
});
