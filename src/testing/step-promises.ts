/** What every log store promises about mirror steps: run, entries, snapshots and position are written as one. */
import assert from 'node:assert/strict';
import type { KernelErrorCode } from '../kernel/error';
import type { Event } from '../kernel/event';
import { verifyChain } from '../kernel/execution-log';
import type { RunId } from '../kernel/identity';
import type { Json } from '../kernel/json';
import type { LogStep, LogStore } from '../kernel/log-store';
import { verifyStoredChain } from '../kernel/stored-chain';
import { promises, rejects } from './contract-case';
import { chainedSteps, numbered, runRecord, stateUpdated, twoSteps } from './log-steps';

const COMPLETED: Event = { type: 'Completed' };

export const STEP_PROMISES = promises([
  {
    name: 'when steps are written, then run, events, entries, snapshots and position are there, and the chain holds',
    holds: async (store) => {
      const run = runRecord('r');
      const [first, second] = twoSteps(run);
      await store.writeStep(first);
      assert.deepEqual(await store.loadRun('r'), { ...run, head: 3, position: { event: 10 } });
      await store.writeStep(second);
      assert.deepEqual(await store.loadRun('r'), { ...run, head: 5, position: { event: 20 } });
      const entries = [...first.entries, ...second.entries];
      const log = await store.scanLog('r', 1);
      assert.deepEqual(log, entries);
      assert.deepEqual(verifyChain(run.genesisHash, log), { ok: true, head: 5, hash: entries[4]?.hash });
      assert.deepEqual(await verifyStoredChain(store, 'r'), { ok: true, head: 5, hash: entries[4]?.hash });
      assert.equal(await store.head('r'), 5);
      assert.deepEqual(
        await store.scan('r', 1),
        entries.map(({ eventIndex: seq, event }) => ({ seq, event })),
      );
      assert.deepEqual(await store.loadLatest('r'), { runId: 'r', atSeq: 5, state: { n: 5 } });
      assert.deepEqual(await store.loadLatest('r', 4), { runId: 'r', atSeq: 3, state: { n: 3 } });
    },
  },
  {
    name: 'when a step without entries is written, then the run and its position are there',
    holds: async (store) => {
      const run = runRecord('r');
      const [first, second] = chainedSteps(run, [
        { events: [], position: null },
        { events: [], position: { event: 4 } },
      ]) as [LogStep, LogStep];
      await store.writeStep(first);
      assert.deepEqual(await store.loadRun('r'), { ...run, head: 0, position: null });
      await store.writeStep(second);
      assert.deepEqual(await store.loadRun('r'), { ...run, head: 0, position: { event: 4 } });
    },
  },
  {
    name: 'given positions that differ in key order only, when a step is written, then they are the same',
    holds: async (store) => {
      const run = runRecord('r');
      const [first, second] = chainedSteps(run, [
        { events: [], position: { a: 1, b: [2] } },
        { events: [COMPLETED], position: { a: 2 } },
      ]) as [LogStep, LogStep];
      await store.writeStep(first);
      await store.writeStep({ ...second, expectedPosition: { b: [2], a: 1 } });
      assert.equal((await store.loadRun('r'))?.head, 1);
    },
  },
  {
    name: 'given a step that was written, when it is retried, then HeadConflict, and its position tells that it is in',
    holds: async (store) => {
      const steps = twoSteps(runRecord('r'));
      for (const [index, step] of steps.entries()) {
        await store.writeStep(step);
        await rejects('HeadConflict', store.writeStep(step));
        assert.deepEqual((await store.loadRun('r'))?.position, step.position);
        assert.equal((await store.scanLog('r', 1)).length, [3, 5][index]);
      }
    },
  },
  {
    name: 'given another head or position than a step expects, when it is written, then HeadConflict and nothing is',
    holds: async (store) => {
      const run = runRecord('r');
      const [first, second] = twoSteps(run);
      await rejectsStep('HeadConflict', store, second);
      await rejectsStep('HeadConflict', store, { ...first, expectedPosition: { event: 1 } });
      await store.writeStep(first);
      await rejectsStep('HeadConflict', store, { ...second, expectedPosition: { event: 11 } });
      await rejectsStep('HeadConflict', store, { ...second, expectedPosition: null });
      await rejectsStep('HeadConflict', store, { ...second, expectedHead: 4, entries: second.entries.slice(1) });
      await rejectsStep('HeadConflict', store, { ...second, expectedHead: 0, entries: first.entries, snapshots: [] });
      await store.writeStep(second);
    },
  },
  {
    name: 'given two mirrors with the same step, when both write at once, then it is in once',
    holds: async (store) => {
      const steps = twoSteps(runRecord('r'));
      for (const step of steps) {
        const outcomes = await Promise.allSettled([store.writeStep(step), store.writeStep(step)]);
        assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
      }
      assert.deepEqual(
        await store.scanLog('r', 1),
        steps.flatMap(({ entries }) => entries),
      );
    },
  },
  {
    name: 'given a step that hangs together badly, when it is written, then it is refused whole',
    holds: async (store) => {
      const [first, second] = twoSteps(runRecord('r'));
      const [one, two, three] = first.entries as [LogStep['entries'][0], LogStep['entries'][0], LogStep['entries'][0]];
      const foreign = { runId: 'other', atSeq: 1, state: 1 };
      const bad: readonly (readonly [KernelErrorCode, Partial<LogStep>])[] = [
        ['EventStore', { entries: [one, three] }],
        ['EventStore', { entries: [two, three] }],
        ['EventStore', { entries: [one, one, two] }],
        ['EventStore', { entries: [one, two, two] }],
        ['EventStore', { entries: [two, one, three] }],
        ['EventStore', { entries: [one, two, { ...three, threadId: 'other' }] }],
        ['EventStore', { entries: [one, two, { ...three, origin: { ...three.origin, timeMs: 0.5 } }] }],
        ['EventStore', { entries: [one, two, { ...three, origin: { ...three.origin, historyEventId: -1 } }] }],
        ['InvalidEvent', { entries: [one, two, { ...three, event: stateUpdated(Number.NaN) }] }],
        ['EventStore', { snapshots: [...first.snapshots, foreign] }],
        ['SnapshotCorrupt', { snapshots: [{ runId: 'r', atSeq: 4, state: 1 }] }],
        ['NotJson', { position: undefined as unknown as Json }],
        ['EventStore', { expectedHead: -1 }],
      ];
      for (const [code, change] of bad) await rejectsStep(code, store, { ...first, ...change });
      await store.writeStep(first);
      await rejectsStep('EventStore', store, { ...second, entries: [three, ...second.entries] });
      await rejectsStep('EventStore', store, { ...second, entries: second.entries.slice(1) });
      assert.equal(await store.loadLatest('other'), null);
    },
  },
  {
    name: 'given a run, when a step of another run with its id is written, then RunAlreadyStarted and nothing is',
    holds: async (store) => {
      const run = runRecord('r');
      const [first, second] = twoSteps(run);
      await store.writeStep(first);
      const otherExecution = { ...run, firstExecutionId: 'another' };
      const otherBeginning = runRecord('r', { n: 7 });
      await rejectsStep('RunAlreadyStarted', store, { ...second, run: otherExecution });
      await rejectsStep('RunAlreadyStarted', store, { ...second, run: otherBeginning });
      await rejectsStep('RunAlreadyStarted', store, { ...first, run: otherExecution });
      await store.writeStep(second);
    },
  },
  {
    name: 'given a mirrored run, when events are appended without entries, then they are refused: its log would end',
    holds: async (store) => {
      const [first, second] = twoSteps(runRecord('r'));
      await store.writeStep(first);
      await rejects('RunAlreadyStarted', store.append('r', [COMPLETED]));
      await rejects('RunAlreadyStarted', store.append('r', [COMPLETED], 3));
      assert.equal(await store.append('r', []), 3);
      await store.writeStep(second);
    },
  },
  {
    name: 'given events that were appended without entries, when a step of that run is written, then it is refused',
    holds: async (store) => {
      const [first, second] = twoSteps(runRecord('r'));
      await store.append('r', numbered('a', 3));
      await rejectsStep('HeadConflict', store, first);
      await rejectsStep('RunAlreadyStarted', store, { ...second, expectedPosition: null });
    },
  },
  {
    name: 'when a log is read in pages, then each has at most its limit, and together they are the log',
    holds: async (store) => {
      const steps = chainedSteps(runRecord('r'), [{ events: numbered('a', 25), position: 1 }]);
      const [step] = steps as [LogStep];
      await store.writeStep(step);
      const read: LogStep['entries'][0][] = [];
      for (;;) {
        const page = await store.scanLog('r', read.length + 1, 10);
        if (page.length === 0) break;
        assert.equal(page.length, Math.min(10, 25 - read.length));
        read.push(...page);
      }
      assert.deepEqual(read, step.entries);
      assert.deepEqual(await store.scanLog('r', 24), step.entries.slice(23));
      assert.deepEqual(await store.scanLog('r', 0, 2), step.entries.slice(0, 2));
      assert.deepEqual(await store.scanLog('r', 1, 0), []);
      assert.deepEqual(await store.scanLog('r', 26), []);
      await rejects('EventStore', store.scanLog('r', 1, -1));
      await rejects('EventStore', store.scanLog('r', 1, 1.5));
    },
  },
]);

/** Expects a step to be refused with everything as it was before. */
async function rejectsStep(code: KernelErrorCode, store: LogStore, step: LogStep): Promise<void> {
  const before = await everythingOf(store, step.run.runId);
  await rejects(code, store.writeStep(step));
  assert.deepEqual(await everythingOf(store, step.run.runId), before);
}

async function everythingOf(store: LogStore, runId: RunId): Promise<unknown> {
  return {
    run: await store.loadRun(runId),
    head: await store.head(runId),
    events: await store.scan(runId, 1),
    log: await store.scanLog(runId, 1),
    snapshot: await store.loadLatest(runId),
  };
}
