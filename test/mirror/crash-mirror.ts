/**
 * A process of its own that mirrors one run into an SQLite file.
 *
 * Called as: crash-mirror.js <JSON of MirrorTask>. With a crash point it dies there; without one it looks again and again until the
 * run has ended, and prints how many entries it added.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { isKernelError } from '../../src/kernel';
import { Mirror, ServerHistorySource } from '../../src/mirror';
import { SqliteStore } from '../../src/stores/sqlite-store';
import { pilgrim } from '../support/pilgrim';
import { journeyman, novice, player } from '../support/player';
import { Crash, CrashingSource, CrashingStore, type CrashPoint } from './crash-points';

/** What such a process does. */
export interface MirrorTask {
  readonly address: string;
  readonly runId: string;
  readonly file: string;
  readonly crash: { readonly point: CrashPoint; readonly passes: number } | null;
}

/** Often enough that mirrors of one run get in each other's way. */
const LOOK_EVERY_MS = 5;

const PROGRAMS = [player, journeyman, novice, pilgrim];

async function main({ address, runId, file, crash }: MirrorTask): Promise<void> {
  const connection = await Connection.connect({ address });
  const source = new ServerHistorySource(new Client({ connection }));
  const store = SqliteStore.open(file);
  if (crash !== null) {
    const here = new Crash(crash.point, crash.passes);
    await new Mirror({
      source: new CrashingSource(source, here),
      store: new CrashingStore(store.database, here),
      programs: PROGRAMS,
    }).mirror(runId);
  } else {
    console.log(String(await mirrorToItsEnd(new Mirror({ source, store, programs: PROGRAMS }), runId)));
  }
  await store.close();
  await connection.close();
}

async function mirrorToItsEnd(mirror: Mirror, runId: string): Promise<number> {
  for (let sum = 0; ;) {
    try {
      const { added, closed } = await mirror.mirror(runId);
      sum += added;
      if (closed !== null) return sum;
    } catch (error) {
      // It is not there yet.
      if (!isKernelError(error, 'RunNotFound')) throw error;
    }
    await pause(LOOK_EVERY_MS);
  }
}

void main(JSON.parse(process.argv[2] ?? '') as MirrorTask);
