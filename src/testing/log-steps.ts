/**
 * Runs and mirror steps to test stores with: chained, sealed, with an origin for every entry, as a real mirror writes them.
 * No server is needed.
 */
import type { Event } from '../kernel/event';
import { chainEntry, genesisHash } from '../kernel/execution-log';
import { hashOf, type Hash } from '../kernel/hash';
import type { RunId, Seq } from '../kernel/identity';
import type { Json } from '../kernel/json';
import { sealOf, type LogStep, type LogStore, type Origin, type RunRecord, type StoredLog } from '../kernel/log-store';

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
    version: 1,
    initialState,
    genesisHash: genesisHash(runId, program, initialState),
    firstExecutionId: `first execution of ${runId}`,
    startedAtMs: 1_700_000_000_000,
    parent: null,
    branch: null,
    startedBy: null,
    forkedFrom: null,
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
  let end: ChainEnd = { head: 0, hash: run.genesisHash, seal: run.genesisHash };
  let expectedPosition: Json = null;
  return sketches.map((sketch) => {
    const { step, end: next } = stepFrom(run, end, expectedPosition, sketch);
    end = next;
    expectedPosition = sketch.position;
    return step;
  });
}

/** Where a chain ends. */
interface ChainEnd {
  readonly head: Seq;
  readonly hash: Hash;
  readonly seal: Hash;
}

function stepFrom(
  run: RunRecord,
  before: ChainEnd,
  expectedPosition: Json,
  { events, position, snapshotAt }: StepSketch,
): { readonly step: LogStep; readonly end: ChainEnd } {
  let end = before;
  const entries: StoredLog[] = events.map((event) => {
    const seq = end.head + 1;
    const entry = chainEntry(run.runId, end.hash, { seq, event }, hashOf({ n: seq }));
    const origin: Origin = {
      executionId: run.firstExecutionId,
      historyEventId: seq * 3 + 1,
      timeMs: run.startedAtMs + seq,
    };
    end = { head: seq, hash: entry.hash, seal: sealOf(end.seal, entry.hash, origin) };
    return { ...entry, origin, seal: end.seal };
  });
  const snapshots = snapshotAt === undefined ? [] : [{ runId: run.runId, atSeq: snapshotAt, state: { n: snapshotAt } }];
  return { step: { run, expectedHead: before.head, entries, snapshots, position, expectedPosition }, end };
}

/** Two steps of three and two events, each with a snapshot at its end. */
export function twoSteps(run: RunRecord): [LogStep, LogStep] {
  return chainedSteps(run, [
    { events: [...numbered('a', 2), { type: 'Interrupted', value: 'go on?' }], position: { event: 10 }, snapshotAt: 3 },
    { events: [{ type: 'Resumed', value: 'yes' }, { type: 'Completed' }], position: { event: 20 }, snapshotAt: 5 },
  ]) as [LogStep, LogStep];
}

/** The step that goes on from what a store holds of a run: it takes a snapshot at its end. */
export async function nextStep(store: LogStore, run: RunRecord, events: readonly Event[]): Promise<LogStep> {
  const stored = await store.loadRun(run.runId);
  const head = stored?.head ?? 0;
  const last = head === 0 ? undefined : (await store.scanLog(run.runId, head, 1))[0];
  const position = { event: (head + events.length) * 3 };
  const before = { head, hash: last?.hash ?? run.genesisHash, seal: last?.seal ?? run.genesisHash };
  const sketch = { events, position, snapshotAt: head + events.length };
  return stepFrom(run, before, stored?.position ?? null, sketch).step;
}
