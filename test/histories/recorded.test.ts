/**
 * Histories that older code wrote, kept in this folder: the workflow of today still replays them, and the mirror of today still
 * makes the same log of them, to the last hash.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { ExportedHistorySource, historyFromJson, Mirror } from '../../src/mirror';
import { MemoryStore } from '../../src/stores';
import { BUNDLE_ENV, fromSetup } from '../support/environment';
import { logText } from '../support/log-text';
import { quietRuntime } from '../support/run-harness';
import { RECORDED_PROGRAMS, RECORDINGS } from './recordings';

describe.each(RECORDINGS.flatMap(({ name, children = [] }) => [name, ...children]))(
  'given the recorded histories of %s',
  (name) => {
    let histories: unknown[];
    beforeAll(async () => {
      quietRuntime();
      histories = JSON.parse(await readFile(join(__dirname, `${name}.json`), 'utf8')) as unknown[];
    });

    test('when the workflow replays them, then it asks for what they hold', async () => {
      const workflowBundle = { codePath: fromSetup(BUNDLE_ENV) };
      for (const history of histories) {
        await Worker.runReplayHistory({ workflowBundle }, { events: [...historyFromJson(history)] }, name);
      }
    });

    test('when they are mirrored, then the log is the recorded one, and verifies', async () => {
      const store = new MemoryStore();
      const mirror = new Mirror({ source: new ExportedHistorySource(histories), programs: RECORDED_PROGRAMS, store });

      await mirror.mirror(name);

      const recorded = (await readFile(join(__dirname, `${name}.log.txt`), 'utf8')).trimEnd().split('\n');
      expect(logText(await store.scanLog(name, 1))).toEqual(recorded);
      expect(await mirror.verify(name)).toMatchObject({ ok: true, problems: [] });
    });
  },
);

test('given a recorded history, when another program replays it, then the replay fails', async () => {
  const histories = JSON.parse(await readFile(join(__dirname, 'tools-timers-answers.json'), 'utf8')) as unknown[];
  const [started, ...rest] = historyFromJson(histories[0]);
  const attributes = started!.workflowExecutionStartedEventAttributes;
  const renamed = {
    ...started!,
    workflowExecutionStartedEventAttributes: { ...attributes, workflowType: { name: 'licenceAuditor' } },
  };

  const replay = Worker.runReplayHistory(
    { workflowBundle: { codePath: fromSetup(BUNDLE_ENV) } },
    { events: [renamed, ...rest] },
    'tools-timers-answers',
  );
  await expect(replay).rejects.toThrow();
});
