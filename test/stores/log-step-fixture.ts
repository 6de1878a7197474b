/**
 * Mirror steps as a real mirror writes them: chained, sealed, with an origin for every entry. No server is needed.
 */
import type { Event } from '../../src/kernel/event';
import { chainEntry, genesisHash } from '../../src/kernel/execution-log';
import type { RunId, Seq } from '../../src/kernel/identity';
import type { Json } from '../../src/kernel/json';
import { sealOf, type LogStep, type Origin, type RunRecord, type StoredLog } from '../../src/kernel/log-store';

/** An event that sets the state. */
export function stateUpdated(payload: Json, stepId: string | null = null): Event {
  return { type: 'StateUpdated', stepId, payload };
}

/** As many events as asked for, each with a payload of its own: `label` and its number, from 1. */
export function numbered(label: string, count: number): Event[] {
  return Array.from({ length: count }, (_, index) => stateUpdated({ [label]: index + 1 }));
}

/** A run as the mirror sees it at first. */
export function runRecord(runId: RunId, initialState: Json = { n: 0 }): RunRecord {
  const program = 'counter';
  return {
    runId,
    program,
    initialState,
    genesisHash: genesisHash(runId, program, initialState),
    firstExecutionId: `first execution of ${runId}`,
    startedAtMs: 1_700_000_000_000,
  };
}

/** What a test says of a step; the rest follows. */
export interface StepSketch {
  readonly events: readonly Event[];
  readonly position: Json;
  readonly snapshotAt?: Seq;
}

/** Steps that build on each other from the run's beginning on, as a mirror that looks again and again writes them. */
export function chainedSteps(run: RunRecord, sketches: readonly StepSketch[]): LogStep[] {
  let previousHash = run.genesisHash;
  let previousSeal = run.genesisHash;
  let head = 0;
  let expectedPosition: Json = null;
  return sketches.map(({ events, position, snapshotAt }) => {
    const expectedHead = head;
    const entries: StoredLog[] = events.map((event) => {
      head += 1;
      const entry = chainEntry(run.runId, previousHash, { seq: head, event }, { n: head });
      const origin: Origin = {
        executionId: run.firstExecutionId,
        historyEventId: head * 3 + 1,
        timeMs: run.startedAtMs + head,
      };
      previousHash = entry.hash;
      previousSeal = sealOf(previousSeal, entry.hash, origin);
      return { ...entry, origin, seal: previousSeal };
    });
    const snapshots =
      snapshotAt === undefined ? [] : [{ runId: run.runId, atSeq: snapshotAt, state: { n: snapshotAt } }];
    const step: LogStep = { run, expectedHead, entries, snapshots, position, expectedPosition };
    expectedPosition = position;
    return step;
  });
}

/** Two steps of three and two events, each with a snapshot at its end. */
export function twoSteps(run: RunRecord): [LogStep, LogStep] {
  return chainedSteps(run, [
    { events: [...numbered('a', 2), { type: 'Interrupted', value: 'go on?' }], position: { event: 10 }, snapshotAt: 3 },
    { events: [{ type: 'Resumed', value: 'yes' }, { type: 'Completed' }], position: { event: 20 }, snapshotAt: 5 },
  ]) as [LogStep, LogStep];
}
