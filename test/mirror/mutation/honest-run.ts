/** The recorded runs, each with the log that an honest mirror has of it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ProgramSet, type DefinedProgram, type Origin } from '../../../src/kernel';
import { ExportedHistorySource, Mirror } from '../../../src/mirror';
import { positionFromJson } from '../../../src/mirror/mirror-position';
import { MemoryStore } from '../../../src/stores';
import { RECORDED_PROGRAMS, RECORDINGS } from '../../histories/recordings';
import { at, attributesOf, jsonOf, type ExportedHistory, type ExportedPayload } from './exported-history';

export interface HonestRun {
  readonly runId: string;
  /** The program, in the version that the run was made with. */
  readonly program: DefinedProgram;
  /** One history for each execution, in order. */
  readonly histories: readonly ExportedHistory[];
  /** A store with the run's log. */
  readonly store: MemoryStore;
  /** For each execution, the events that the log has an entry of, or that wait unread in it. */
  readonly vouchedFor: readonly ReadonlySet<number>[];
  /** For each execution, the events behind the log's entries, in the log's order. */
  readonly entries: readonly (readonly number[])[];
  /** For each execution, the event behind the entry that follows on an event's own: what came of it is known there at the latest. */
  readonly followedBy: readonly ReadonlyMap<number, number>[];
  /** For each execution, the events with the hash of the log before them: memos, handovers, results. */
  readonly hashes: readonly (readonly number[])[];
}

/** Reads every recorded run and mirrors it. */
export async function honestRuns(): Promise<readonly HonestRun[]> {
  const runs: HonestRun[] = [];
  for (const { name, children = [] } of RECORDINGS) {
    for (const runId of [name, ...children]) runs.push(await honestRun(runId));
  }
  return runs;
}

async function honestRun(runId: string): Promise<HonestRun> {
  const text = await readFile(join(__dirname, '../../histories', `${runId}.json`), 'utf8');
  const histories = JSON.parse(text) as readonly ExportedHistory[];
  const store = new MemoryStore();
  const source = new ExportedHistorySource(histories);
  await new Mirror({ source, programs: RECORDED_PROGRAMS, store }).mirror(runId);
  const stored = await store.loadRun(runId);
  if (stored === null) throw new Error(`${runId} was not mirrored`);
  const position = positionFromJson(stored.position);
  const entries = (await store.scanLog(runId, 1)).map(({ origin }) => origin);
  const left = [...(position?.inboxOrigins ?? []), ...(position?.signalOrigins ?? [])];
  const executionIds = histories.map(({ events }) => at(attributesOf(events[0]!), 'originalExecutionRunId'));
  const idsIn = (origins: readonly Origin[]): Set<number>[] =>
    executionIds.map((executionId) => {
      const own = origins.filter((origin) => origin.executionId === executionId);
      return new Set(own.map(({ historyEventId }) => historyEventId));
    });
  const followedBy = executionIds.map((executionId, execution) => {
    const last = histories[execution]!.events.length;
    const after = new Map(left.map(({ historyEventId }) => [historyEventId, last]));
    for (const [index, origin] of entries.entries()) {
      if (origin.executionId !== executionId) continue;
      const id = origin.historyEventId;
      const next = entries
        .slice(index + 1)
        .find((other) => other.executionId === executionId && other.historyEventId > id);
      after.set(id, next?.historyEventId ?? last);
    }
    return after;
  });
  return {
    runId,
    program: programOf(stored.program, stored.version),
    histories,
    store,
    vouchedFor: idsIn([...entries, ...left]),
    entries: idsIn(entries).map((ids) => [...ids]),
    followedBy,
    hashes: histories.map(({ events }) =>
      events.filter(({ eventType }) => HASHED.has(eventType)).map(({ eventId }) => Number(eventId)),
    ),
  };
}

function programOf(name: string, version: number): DefinedProgram {
  return new ProgramSet(RECORDED_PROGRAMS).version(name, version);
}

const HASHED: ReadonlySet<string> = new Set([
  'EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED',
  'EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW',
  'EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED',
  'EVENT_TYPE_WORKFLOW_EXECUTION_FAILED',
]);

/** The values in a list of payloads. */
export function valuesAt(attributes: unknown, path: string): unknown[] {
  return ((at(attributes, `${path}.payloads`) ?? []) as ExportedPayload[]).map(jsonOf);
}
