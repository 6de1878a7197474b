/** Bursts in histories that somebody changed: the mirror holds what a burst was given, and what it gave, to the program. */
import { ExportedHistorySource, historyToJson, Mirror } from '../../src/mirror';
import type { BurstInput, BurstOutcome } from '../../src/protocol';
import { MemoryStore } from '../../src/stores';
import { playing } from '../support/player';
import { PROGRAMS, RunHarness } from '../support/run-harness';
import {
  at,
  attributesOf,
  jsonOf,
  payloadOf,
  put,
  typeOf,
  type ExportedEvent,
  type ExportedHistory,
  type ExportedPayload,
} from './mutation/exported-history';

let harness: RunHarness;
let runId: string;
let honest: string;
beforeAll(async () => {
  harness = await RunHarness.open();
  await harness.startWorker();
  runId = harness.newRunId();
  const script = playing(
    { call: 'echo', input: 'a' },
    { note: 'b' },
    { call: 'peek', input: 'c' },
    { call: 'busy', input: { times: 1 } },
    { call: 'echo', input: 'd' },
  );
  await harness.kernel.start('sprinter', { runId, initialState: script });
  await harness.kernel.runUntilBlocked(runId);
  const { events } = await harness.client.workflow.getHandle(runId).fetchHistory();
  honest = JSON.stringify(historyToJson(events ?? []));
  await harness.checkRuns();
});
afterAll(() => harness.close());

/** The nth event of a type. */
const nth = (events: readonly ExportedEvent[], type: string, index: number): ExportedEvent => {
  return events.filter((event) => typeOf(event) === type)[index] as ExportedEvent;
};

/** Mirrors the history with one change, from nothing. */
async function mirrored(change: (events: readonly ExportedEvent[]) => void): Promise<void> {
  const history = JSON.parse(honest) as ExportedHistory;
  change(history.events);
  const source = new ExportedHistorySource([history]);
  await new Mirror({ source, programs: PROGRAMS, store: new MemoryStore() }).mirror(runId);
}

function payloadAt(event: ExportedEvent, path: string, index: number, change: (value: never) => unknown): void {
  const payloads = at(attributesOf(event), `${path}.payloads`) as ExportedPayload[];
  payloads[index] = payloadOf(change(jsonOf(payloads[index]!) as never), payloads[index]!);
}

const given = (change: (input: BurstInput) => unknown) => (events: readonly ExportedEvent[]) => {
  payloadAt(nth(events, 'ACTIVITY_TASK_SCHEDULED', 0), 'input', 0, change);
};

const gave = (change: (outcome: BurstOutcome) => unknown) => (events: readonly ExportedEvent[]) => {
  payloadAt(nth(events, 'ACTIVITY_TASK_COMPLETED', 0), 'result', 0, change);
};

const output = (index: number, value: unknown) =>
  gave(({ results, ...outcome }) => ({
    ...outcome,
    results: results.map((each, at) => (at === index ? { ...each, result: { type: 'success', output: value } } : each)),
  }));

test('given the history as it is, when it is mirrored, then nothing is found, and it has two bursts and a call by itself', async () => {
  await mirrored((events) => {
    const names = events.map((event) => at(attributesOf(event), 'activityType.name')).filter(Boolean);
    expect(names).toEqual(['burst', 'busy', 'burst']);
  });
});

test.each<[string, (events: readonly ExportedEvent[]) => void, RegExp]>([
  [
    'a burst was given another state',
    given(({ checkpoint, version }) => ({ version, checkpoint: { ...checkpoint, state: { script: [] } } })),
    /ActivityTaskScheduled\): the burst was not given where the run stands/,
  ],
  [
    'a burst was given another version',
    given((input) => ({ ...input, version: 2 })),
    /ActivityTaskScheduled\): the burst was not given where the run stands/,
  ],
  [
    'a burst has another id',
    (events) => {
      put(attributesOf(nth(events, 'ACTIVITY_TASK_SCHEDULED', 0)), 'activityId', 'another');
    },
    /a burst with id another, but the program asked for/,
  ],
  [
    'a burst is scheduled for a call that it had left',
    (events) => {
      put(attributesOf(nth(events, 'ACTIVITY_TASK_SCHEDULED', 1)), 'activityType.name', 'burst');
    },
    /activity burst with id .*, but the program asked for busy/,
  ],
  ['a result is another', output(0, 'z'), /the burst was not given where the run stands/],
  ['the last result is another', output(1, 'z'), /the burst was not given where the run stands/],
  [
    'a result became a failure',
    gave(({ results, ...outcome }) => ({
      ...outcome,
      results: results.map(({ actionId }) => ({ actionId, result: { type: 'failure', error: 'z' } })),
    })),
    /ActivityTaskCompleted\): Driver error: a burst did .*, but the run of sprinter waits for nothing, it is failed/,
  ],
  [
    'a result is gone',
    gave((outcome) => ({ ...outcome, results: outcome.results.slice(1) })),
    /ActivityTaskCompleted\): Driver error: a burst did .*, but the run of sprinter waits for action/,
  ],
  [
    'the last result is gone',
    gave((outcome) => ({ ...outcome, results: outcome.results.slice(0, -1) })),
    /a burst did other actions than sprinter asks for/,
  ],
  [
    'other actions were done',
    gave((outcome) => ({ ...outcome, asked: 'f'.repeat(64) })),
    /a burst did other actions than sprinter asks for/,
  ],
  [
    'other tools are said to have run',
    gave((outcome) => ({ ...outcome, ran: { echo: 2 } })),
    /a burst says that it ran \{"echo":2\}, but its results are those of \{"echo":1,"peek":1\}/,
  ],
  [
    'a burst does not say what ran',
    gave(({ results, asked, alone }) => ({ results, asked, alone })),
    /the program asked for no such thing/,
  ],
  [
    'a call was tried more often',
    gave((outcome) => ({ ...outcome, alone: { ...outcome.alone, tried: { attempts: 7 } } })),
    /its input is not what the program gave to busy/,
  ],
  [
    'it is another call that was tried',
    gave((outcome) => ({ ...outcome, alone: { ...outcome.alone, actionId: 'another' } })),
    /its input is not what the program gave to busy/,
  ],
  ['a burst gave what no burst gives', gave(() => ({ results: 'all' })), /the program asked for no such thing/],
])('given a history in which %s, when it is mirrored, then that is found', async (_what, change, reason) => {
  await expect(mirrored(change)).rejects.toThrow(reason);
});
