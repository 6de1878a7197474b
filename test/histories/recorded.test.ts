/**
 * Histories that older code wrote, kept in this folder: the workflow of today still replays them, and the mirror of today still
 * makes the same log of them, to the last hash.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker, type ReplayWorkerOptions } from '@temporalio/worker';
import { ExportedHistorySource, historyFromJson, Mirror } from '../../src/mirror';
import { MemoryStore } from '../../src/stores';
import { BUNDLE_ENV, fromSetup } from '../support/environment';
import { logText } from '../support/log-text';
import { quietRuntime, IN_ITS_OWN_THREAD } from '../support/run-harness';
import { RECORDED_PROGRAMS, RECORDINGS } from './recordings';

const NAMES = RECORDINGS.flatMap(({ name, children = [] }) => [name, ...children]);

/** What each replay came to, by the recording's name: one for each of its histories, in order. */
const replays = new Map<string, (Error | undefined)[]>();

// One worker for all of them: to start one costs more than to replay a history.
beforeAll(async () => {
  quietRuntime();
  for await (const { workflowId, error } of Worker.runReplayHistories(replayWorker(), recorded())) {
    replays.set(workflowId, [...(replays.get(workflowId) ?? []), error]);
  }
}, 60_000);

describe.each(NAMES)('given the recorded histories of %s', (name) => {
  let histories: unknown[];
  beforeAll(async () => {
    histories = await historiesOf(name);
  });

  test('when the workflow replays them, then it asks for what they hold', () => {
    expect(replays.get(name)).toEqual(histories.map(() => undefined));
  });

  test('when they are mirrored, then the log is the recorded one, and verifies', async () => {
    const store = new MemoryStore();
    const mirror = new Mirror({ source: new ExportedHistorySource(histories), programs: RECORDED_PROGRAMS, store });

    await mirror.mirror(name);

    const recorded = (await readFile(join(__dirname, `${name}.log.txt`), 'utf8')).trimEnd().split('\n');
    expect(logText(await store.scanLog(name, 1))).toEqual(recorded);
    expect(await mirror.verify(name)).toMatchObject({ ok: true, problems: [] });
  });
});

test('given a recorded history, when another program replays it, then the replay fails', async () => {
  const histories = await historiesOf('tools-timers-answers');
  const [started, ...rest] = historyFromJson(histories[0]);
  const attributes = started!.workflowExecutionStartedEventAttributes;
  const renamed = {
    ...started!,
    workflowExecutionStartedEventAttributes: { ...attributes, workflowType: { name: 'licenceAuditor' } },
  };

  const replay = Worker.runReplayHistory(replayWorker(), { events: [renamed, ...rest] }, 'tools-timers-answers');
  await expect(replay).rejects.toThrow();
});

function replayWorker(): ReplayWorkerOptions {
  return { workflowBundle: { codePath: fromSetup(BUNDLE_ENV) }, ...IN_ITS_OWN_THREAD };
}

async function historiesOf(name: string): Promise<unknown[]> {
  return JSON.parse(await readFile(join(__dirname, `${name}.json`), 'utf8')) as unknown[];
}

async function* recorded(): AsyncGenerator<{ readonly workflowId: string; readonly history: object }> {
  for (const workflowId of NAMES) {
    for (const history of await historiesOf(workflowId)) {
      yield { workflowId, history: { events: [...historyFromJson(history)] } };
    }
  }
}
