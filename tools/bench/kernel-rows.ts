/**
 * What the kernel's bench measures: one row for each figure that the reference published.
 *
 * Every row checks what it did; a kernel that is fast because it does less fails here.
 */
import {
  eventStreamHash,
  Kernel,
  scanExecutionLog,
  scanExecutionLogWithStateHashes,
  timelineText,
  type Event,
  type Json,
  type Reducer,
} from '../../src/kernel';
import { MemoryStore } from '../../src/stores/memory-store';
import {
  actionEvents,
  countingProgram,
  idleExecutor,
  paddedState,
  smallState,
  updatedProgram,
  updateEvents,
  type CountingState,
} from './kernel-program';
import type { Work } from './sampling';

/** Names a row. */
export type RowId =
  | `run ${100 | 1000 | 5000 | 10000 | 20000}`
  | 'run 1000 snapshots 1 KB'
  | 'run 10000 snapshots'
  | 'run 10000 snapshots 1 KB'
  | 'append batch'
  | 'append each'
  | 'scan'
  | 'replay'
  | 'replay 1 KB'
  | 'replay updates 1 KB'
  | 'replay from snapshot'
  | 'execution log'
  | 'execution log hashed'
  | 'execution log hashed 1 KB'
  | 'execution log hashed updates 1 KB'
  | 'event-stream hash'
  | 'timeline';

/** One figure. */
export interface Row {
  readonly id: RowId;
  /** How much it does: actions of a run, events of a log. */
  readonly amount: number;
  readonly unit: 'actions' | 'events';
  readonly title: string;
  readonly work: Work;
}

/** Events of the log that rows other than runs work on. */
export const LOG_EVENTS = 10_000;

const RUN = 'bench';

/** All rows; with fewer actions than usual, the longer runs are left out and logs are shorter. */
export async function kernelRows(actionsMax: number): Promise<readonly Row[]> {
  const runs: readonly Row[] = [
    runRow('run 100', 100, smallState, false),
    runRow('run 1000', 1_000, smallState, false),
    runRow('run 1000 snapshots 1 KB', 1_000, paddedState, true),
    runRow('run 5000', 5_000, smallState, false),
    runRow('run 10000', 10_000, smallState, false),
    runRow('run 10000 snapshots', 10_000, smallState, true),
    runRow('run 10000 snapshots 1 KB', 10_000, paddedState, true),
    runRow('run 20000', 20_000, smallState, false),
  ];
  const possible = runs.filter(({ amount }) => amount <= actionsMax);
  return [...possible, ...(await logRows(Math.min(LOG_EVENTS, 2 * actionsMax)))];
}

function runRow(id: RowId, actions: number, initialState: () => CountingState, snapshots: boolean): Row {
  const program = countingProgram(actions);
  const kind = `${snapshots ? 'snapshots' : 'no snapshots'}, ${initialState === smallState ? 'small' : '1 KB'} state`;
  return {
    id,
    amount: actions,
    unit: 'actions',
    title: `run of ${actions.toLocaleString('en')} actions, ${kind}`,
    work: {
      run: async () => {
        const store = new MemoryStore();
        const parts = { program, events: store, executor: idleExecutor };
        const kernel = new Kernel(snapshots ? { ...parts, snapshots: store } : parts);
        const { status } = await kernel.runUntilBlocked(RUN, initialState());
        const head = 2 * actions + 1;
        expect(id, status === 'completed' && (await store.head(RUN)) === head);
        expect(id, !snapshots || (await store.loadLatest(RUN))?.atSeq === head);
      },
    },
  };
}

async function logRows(events: number): Promise<readonly Row[]> {
  const actions = events / 2;
  const counting = await filled(actionEvents(RUN, actions));
  const updates = await filled(updateEvents(events));
  const withSnapshot = await filled(actionEvents(RUN, actions));
  const snapshotAt = Math.max(events - 10, 2);
  await withSnapshot.save({ runId: RUN, atSeq: snapshotAt, state: { ...paddedState(), n: snapshotAt / 2 } });
  const program = countingProgram(actions);
  const kernel = new Kernel({ program, events: counting, executor: idleExecutor });
  const updated = updatedProgram();
  const updatedKernel = new Kernel({ program: updated, events: updates, executor: idleExecutor });
  const snapshotKernel = new Kernel({
    program,
    events: withSnapshot,
    snapshots: withSnapshot,
    executor: idleExecutor,
  });
  const reduce: Reducer = (...given) => program.reduce(...given);
  const reduceUpdates: Reducer = (...given) => updated.reduce(...given);

  const row = (id: RowId, title: string, done: () => Promise<boolean>, prepare: () => void = () => undefined): Row => {
    const run = async (): Promise<void> => {
      expect(id, await done());
    };
    return { id, amount: events, unit: 'events', title, work: { prepare, run } };
  };
  // A store that has seen an event before knows it: every run appends new ones.
  let fresh: readonly Event[] = [];
  const prepare = (): void => {
    fresh = actionEvents(RUN, actions);
  };
  const counts = async (given: Promise<Json>, n: number): Promise<boolean> =>
    ((await given) as unknown as CountingState).n === n;
  const hashes = async (store: MemoryStore, initial: CountingState, reducer: Reducer): Promise<boolean> => {
    const log = await scanExecutionLogWithStateHashes(store, RUN, 1, initial, reducer);
    return log.length === events && log.at(-1)?.stateHash?.length === 64;
  };

  return [
    row(
      'append batch',
      'append as one batch',
      async () => (await new MemoryStore().append(RUN, fresh)) === events,
      prepare,
    ),
    row(
      'append each',
      'append one by one',
      async () => {
        const store = new MemoryStore();
        for (const event of fresh) await store.append(RUN, [event]);
        return (await store.head(RUN)) === events;
      },
      prepare,
    ),
    row('scan', 'scan', async () => (await counting.scan(RUN, 1)).length === events),
    row('replay', 'replay, small state', () => counts(kernel.replay(RUN, smallState()), actions)),
    row('replay 1 KB', 'replay, 1 KB state', () => counts(kernel.replay(RUN, paddedState()), actions)),
    row('replay updates 1 KB', 'replay of StateUpdated, 1 KB state', () =>
      counts(updatedKernel.replay(RUN, paddedState()), events - 1),
    ),
    row('replay from snapshot', 'replay from a snapshot 10 events before the end', () =>
      counts(snapshotKernel.replayFromSnapshot(RUN, smallState()), actions),
    ),
    row('execution log', 'execution log without hashes', async () => {
      return (await scanExecutionLog(counting, RUN, 1)).length === events;
    }),
    row('execution log hashed', 'execution log with hashes, small state', () => hashes(counting, smallState(), reduce)),
    row('execution log hashed 1 KB', 'execution log with hashes, 1 KB state', () =>
      hashes(counting, paddedState(), reduce),
    ),
    row('execution log hashed updates 1 KB', 'the same of StateUpdated, 1 KB state', () =>
      hashes(updates, paddedState(), reduceUpdates),
    ),
    row('event-stream hash', 'event-stream hash', async () => (await eventStreamHash(counting, RUN)).length === 64),
    row('timeline', 'timeline and its text', async () => {
      return timelineText(await kernel.runTimeline(RUN)).endsWith('"final_status":{"status":"Running"}}');
    }),
  ];
}

async function filled(events: Parameters<MemoryStore['append']>[1]): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.append(RUN, events);
  return store;
}

function expect(id: RowId, holds: boolean): void {
  if (!holds) throw new Error(`${id}: the outcome is not what it must be, so its time says nothing`);
}
