/**
 * A process of its own that appends execution events, called as: execution-event-writer.ts <file or URL> <schema> <name> <rounds>. It
 * opens the store, says `ready`, and begins when a byte comes in. Every other batch expects the sequence that it has seen, and is
 * tried again when somebody was faster. Each event says whose it is, in which round, and of how many.
 */
import { readSync } from 'node:fs';
import { isKernelError } from '../../src/kernel/error';
import type { NewExecutionEvent } from '../../src/records';
import { PostgresStore, SqlExecutionEventStore, SqliteStore } from '../../src/stores';

const [place, schema, writer, rounds] = process.argv.slice(2) as [string, string, string, string];
const PATIENT_MS = 120_000;

async function main(): Promise<void> {
  const store = place.startsWith('postgres')
    ? await PostgresStore.open(place, { schema, busyTimeoutMs: PATIENT_MS, connections: 1 })
    : SqliteStore.open(place, { busyTimeoutMs: PATIENT_MS });
  const events = new SqlExecutionEventStore(store);
  process.stdout.write('ready\n');
  readSync(0, Buffer.alloc(1));
  for (let round = 1; round <= Number(rounds); round += 1) {
    const of = 1 + (round % 7);
    const batch = Array.from({ length: of }, (_, at): NewExecutionEvent => {
      return { event: { type: 'Custom', eventType: 'mark', data: { writer, round, at, of } }, timestampMs: round };
    });
    for (;;) {
      try {
        const expected = round % 2 === 0 ? ((await events.getLatestSequence('shared')) ?? 0) : null;
        await events.appendBatch('shared', batch, expected);
        break;
      } catch (error) {
        if (!isKernelError(error, 'HeadConflict')) throw error;
      }
    }
    await events.append(`own of ${writer}`, batch[0] as NewExecutionEvent, round - 1);
  }
  await store.close();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
