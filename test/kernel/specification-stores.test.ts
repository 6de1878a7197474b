/** The specification's own tests of what is stored: its SQLite stores, and the events of its execution event store. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionEventData } from '../../src/records/execution-events/execution-event';
import { executionEventText, parseExecutionEventText } from '../../src/records/execution-events/execution-event-wire';
import { SqliteStore } from '../../src/stores/sqlite-store';
import { event } from './machine-specification';

let directory: string;
let store: SqliteStore;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'specification-stores-'));
  store = SqliteStore.open(join(directory, 'store.sqlite'));
});

afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

test('sqlite_event_store_roundtrip', async () => {
  const run = 'run-sqlite-events';
  expect(await store.head(run)).toBe(0);
  expect(await store.append(run, [event.updated({ v: 1 }, 'n1')])).toBe(1);
  expect(await store.append(run, [event.resumed(true), event.completed])).toBe(3);
  expect(await store.scan(run, 2)).toEqual([
    { seq: 2, event: event.resumed(true) },
    { seq: 3, event: event.completed },
  ]);
  expect(await store.head(run)).toBe(3);
});

test('sqlite_snapshot_store_roundtrip', async () => {
  const snapshot = { runId: 'run-sqlite-snapshots', atSeq: 9, state: { k: 'v' } };
  await store.save(snapshot);
  expect(await store.loadLatest(snapshot.runId)).toEqual(snapshot);
});

test('test_event_serialization', () => {
  const started: ExecutionEventData = {
    type: 'StepStarted',
    stepId: 'step_1',
    parentStepId: null,
    stepType: 'FunctionNode',
    name: 'test_step',
  };
  expect(parseExecutionEventText(executionEventText(started))).toEqual(started);
});
