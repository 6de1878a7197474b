/**
 * What is measured of a store, and the bare driver doing the same.
 *
 * Guarantees: both sides write and read the same rows; what one writes is as long as what the other writes.
 */
import {
  chainHash,
  parseEventText,
  sealOf,
  verifyStoredChain,
  type Event,
  type Json,
  type LogStep,
  type RunRecord,
} from '../../src/kernel';
import { nextStep, runRecord } from '../../src/testing';
import type { Place } from './stores-places';

/** Something that is measured. */
export interface StoreRow {
  readonly title: string;
  /** How many events one piece of work writes or reads. */
  readonly events: number;
  /** How often it is measured. */
  readonly times: number;
  /** Does it for the n-th time, from 0. */
  readonly ours: (n: number) => Promise<unknown>;
  readonly raw: (n: number) => Promise<unknown>;
}

/** How much of it. */
export interface Sizes {
  /** Appends of one event. */
  readonly singles: number;
  /** Appends of a hundred. */
  readonly batches: number;
  /** Events of the log that is scanned and verified. */
  readonly log: number;
  /** How often it is scanned and verified. */
  readonly readings: number;
}

const BATCH = 100;
const STEP = 500;

/** As many rows as a reader takes at once who does not want all of them in memory. */
const PAGE = 500;

/** The run that is scanned and verified. */
const LOG: RunRecord = runRecord('the long one');

/** Fills the store with the log that is read, and gives what is measured. */
export async function storeRows({ store, raw }: Place, sizes: Sizes): Promise<readonly StoreRow[]> {
  const { singles, batches, log, readings } = sizes;
  for (let seq = 1; seq <= log; seq += STEP) {
    await store.writeStep(await stepOf(store, seq, Math.min(STEP, log - seq + 1)));
  }
  const single = eventsOf(1, 1);
  const batch = eventsOf(1, BATCH);
  return [
    {
      title: 'append, one by one',
      events: 1,
      times: singles,
      ours: (n) => store.append('single, ours', single, n),
      raw: (n) => raw.append('single, raw', n + 1, single),
    },
    {
      title: `append, batches of ${BATCH}`,
      events: BATCH,
      times: batches,
      ours: (n) => store.append('batch, ours', batch, n * BATCH),
      raw: (n) => raw.append('batch, raw', n * BATCH + 1, batch),
    },
    {
      title: 'scan',
      events: log,
      times: readings,
      ours: async () => {
        assertCount(log, (await store.scan(LOG.runId, 1)).length);
      },
      raw: async () => {
        const events: Event[] = [];
        for (;;) {
          const rows = await raw.events(LOG.runId, events.length + 1, PAGE);
          for (const { event } of rows) events.push(parseEventText(event));
          if (rows.length < PAGE) break;
        }
        assertCount(log, events.length);
      },
    },
    {
      title: 'verify',
      events: log,
      times: readings,
      ours: async () => {
        const verdict = await verifyStoredChain(store, LOG.runId);
        if (!verdict.ok || verdict.head !== log) throw new Error(`the log does not verify: ${JSON.stringify(verdict)}`);
      },
      raw: async () => {
        await verifyRaw(raw, log);
      },
    },
  ];
}

/** Both chains by hand, over the bare driver's rows. */
async function verifyRaw(raw: Place['raw'], log: number): Promise<void> {
  let seq = 0;
  let hash = LOG.genesisHash;
  let seal = LOG.genesisHash;
  for (;;) {
    const rows = await raw.page(LOG.runId, seq + 1, PAGE);
    for (const row of rows) {
      seq += 1;
      hash = chainHash(hash, { seq, event: parseEventText(row.event) }, row.state_hash);
      const { execution_id: executionId, history_event_id: historyEventId, time_ms: timeMs } = row;
      seal = sealOf(seal, hash, { executionId, historyEventId, timeMs });
      if (hash !== row.hash || seal !== row.seal) throw new Error(`the bare log does not verify at ${seq}`);
    }
    if (rows.length < PAGE) break;
  }
  assertCount(log, seq);
}

async function stepOf(store: Place['store'], from: number, count: number): Promise<LogStep> {
  return await nextStep(store, LOG, eventsOf(from, count));
}

/** Events of a common size: a hundred bytes or two. */
function eventsOf(from: number, count: number): readonly Event[] {
  return Array.from({ length: count }, (_, index) => {
    const payload: Json = { id: `item-${from + index}`, done: index % 2 === 0, amount: index / 4, tags: ['a', 'b'] };
    return { type: 'StateUpdated', stepId: `step-${index % 7}`, payload };
  });
}

function assertCount(expected: number, read: number): void {
  if (read !== expected) throw new Error(`${read} of ${expected} events were read`);
}
