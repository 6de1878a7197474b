/**
 * A process of its own that writes to a store: for the tests of many writers on one store, and of writers that are killed.
 *
 * Called as: store-writer.js <file or URL> <name> <rounds, or Infinity>. It opens the store at once (so that opening is
 * concurrent too), says `ready`, and begins when a byte comes in. In each round it writes to four logs: a batch to one that
 * all writers share, a batch to one of its own, an event to a shared one at a head that it has seen, and a step of a mirrored
 * run. Each write is announced before it begins and after it was acknowledged, with the pipe as witness: what was said
 * before a SIGKILL can still be read.
 *
 * Every event of a write carries a mark: whose, which one, of how many. So a half batch can be told from a whole one.
 */
import { readSync, writeSync } from 'node:fs';
import { isKernelError } from '../../src/kernel/error';
import type { Event } from '../../src/kernel/event';
import type { RunId } from '../../src/kernel/identity';
import type { LogStore } from '../../src/kernel/log-store';
import { PostgresStore } from '../../src/stores/postgres-store';
import { SqliteStore } from '../../src/stores/sqlite-store';
import { nextStep, runRecord, stateUpdated } from '../../src/testing/log-steps';

/** Longer than any test: a writer that waits in vain is a failure of the test's own timeout. */
const PATIENT_MS = 120_000;

/** How many events a batch has: enough to be long under way, and not always the same. */
const BATCH_MIN = 8;
const BATCH_SPREAD = 40;

const [place, name, rounds] = process.argv.slice(2) as [string, string, string];

function say(...words: readonly unknown[]): void {
  writeSync(1, `${words.join(' ')}\n`);
}

let writes = 0;

/** Announces a write of a batch, makes it, and says that it was acknowledged. */
async function announced(runId: RunId, write: (batch: readonly Event[]) => Promise<unknown>): Promise<void> {
  const number = (writes += 1);
  const of = BATCH_MIN + ((number * 7) % BATCH_SPREAD);
  const batch = Array.from({ length: of }, (_, at) => stateUpdated({ writer: name, number, at, of }));
  say('begin', number, of, JSON.stringify(runId));
  for (;;) {
    try {
      await write(batch);
      say('acknowledged', number);
      return;
    } catch (error) {
      if (isKernelError(error, 'OutcomeUnknown')) {
        // Nobody knows: so it is neither acknowledged nor tried again.
        say('unknown', number);
        return;
      }
      if (!isKernelError(error, 'HeadConflict')) throw error;
    }
  }
}

/** A URL may name a schema: `postgres://…?schema=…`. */
async function open(): Promise<LogStore> {
  if (!place.startsWith('postgres')) return SqliteStore.open(place, { busyTimeoutMs: PATIENT_MS });
  const [url, schema = 'temporal_kernel'] = place.split('?schema=') as [string, string?];
  return await PostgresStore.open(url, { schema, busyTimeoutMs: PATIENT_MS, connections: 1 });
}

async function main(): Promise<void> {
  const store = await open();
  say('ready');
  readSync(0, Buffer.alloc(1));
  for (let round = 1; round <= Number(rounds); round += 1) {
    await announced('shared', (batch) => store.append('shared', batch));
    await announced(`own ${name}`, (batch) => store.append(`own ${name}`, batch));
    await announced('counted', async (batch) => {
      await store.append('counted', batch, await store.head('counted'));
    });
    const run = runRecord(round % 2 === 0 ? 'mirrored' : `mirrored ${name}`);
    await announced(run.runId, async (batch) => {
      await store.writeStep(await nextStep(store, run, batch));
    });
  }
  await store.close();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
