/**
 * Kills writers in the middle of their writes, the same way for every store.
 *
 * A kill counts only when it hit a write in flight: one that the writer had announced, and that it had not acknowledged when
 * it was dead and the pipe was read to its end.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { LogStore } from '../../src/kernel/log-store';
import { findingsIn, WriterProcess, type Findings } from './writer-process';

/** How many kills have to hit: `KILLED_WRITERS=2000 npm test -- killed-writers` is a larger dose. */
export const KILLS = Number(process.env['KILLED_WRITERS'] ?? 60);

/** Writers that are at work at once. */
const AT_ONCE = 5;

/** Kills that hit nothing are not many; if they are, the test does not test what it says. */
const MISSES_MAX = KILLS;

export interface Killed {
  readonly writers: readonly WriterProcess[];
  /** Kills that hit a write in flight. */
  readonly hits: number;
  /** Kills that hit a writer between two writes. */
  readonly misses: number;
  readonly complaints: readonly string[];
}

/** Starts writers and kills each in the middle of a write, until enough kills have hit. */
export async function killWriters(script: string, place: string): Promise<Killed> {
  const writers: WriterProcess[] = [];
  const complaints: string[] = [];
  let hits = 0;
  let misses = 0;
  let started = 0;
  const goOn = (): boolean => hits + misses < KILLS + MISSES_MAX && started - misses < KILLS;
  const lane = async (): Promise<void> => {
    while (goOn()) {
      started += 1;
      const writer = new WriterProcess(script, place, `writer ${started}`, Number.POSITIVE_INFINITY);
      writers.push(writer);
      const complaint = await killOnce(writer, started);
      if (complaint !== '') complaints.push(complaint);
      if (writer.underWay === null) misses += 1;
      else hits += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return { writers, hits, misses, complaints };
}

/** Lets a writer make some writes, and kills it a moment after it began another: the moment is a different one each time. */
async function killOnce(writer: WriterProcess, turn: number): Promise<string> {
  await writer.ready;
  writer.begin();
  await writer.until(() => writer.announced.length > 1 + (turn % 6) && writer.underWay !== null);
  if (turn % 3 !== 0) await pause(turn % 5);
  writer.kill();
  return await writer.ended;
}

/** Reads the store, expects it to be whole, and says what was found. */
export async function expectWhole(store: LogStore, writers: readonly WriterProcess[], what: string): Promise<Findings> {
  const found = await findingsIn(store, writers);
  const { lost, halves, strange, broken } = found;
  expect({ lost, halves, strange, broken }).toEqual({ lost: [], halves: [], strange: [], broken: [] });
  const acknowledged = writers.flatMap(({ announced }) => announced).filter(({ state }) => state === 'acknowledged');
  process.stderr.write(
    `${what}: of the writes in flight ${found.inThough} are in as a whole and ${found.notIn} are not, none is half in; ` +
      `all ${acknowledged.length} acknowledged writes are there (${found.events} events)\n`,
  );
  return found;
}
