/**
 * `npm run bench -- journal`: what durable steps take on a local server that keeps a file with a write-ahead log, and on one whose SQLite is in its
 * own default mode.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalMode } from '../server';
import type { Bench } from './bench';
import { openBenchServer } from './bench-server';
import { ourWorker, SHORT_STEPS, sideOf } from './steps-sides';
import { benchOfVariants, inTurns, type VariantDose, type VariantRow } from './variants';

/** How a server keeps its file, by what is said of it. */
const VARIANTS: Readonly<Record<string, JournalMode>> = {
  'a write-ahead log': 'WAL',
  'a rollback journal': 'DELETE',
};

export const journalBench: Bench = benchOfVariants({
  name: 'journal',
  summary: 'many short runs on a server whose file has a write-ahead log, and on one without',
  text: `Does many runs of ${SHORT_STEPS} steps at once on two local servers, in turns: one keeps its file with a write-ahead log, as every server with a
file does that this project starts, and one as SQLite does by itself. It judges nothing.`,
  heading: 'the file has',
  runsDefault: 50,
  measure,
});

/** A server with a file, and a worker on it. */
interface Place {
  /** Does so many runs at once, and gives their time in milliseconds. */
  takesMs(runs: number): Promise<number>;
  close(): Promise<void>;
}

async function measure(dose: VariantDose): Promise<readonly VariantRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'temporal-kernel-bench-'));
  const places = new Map<string, Place>();
  try {
    for (const [variant, journalMode] of Object.entries(VARIANTS)) {
      places.set(variant, await openPlace(join(folder, `${journalMode}.db`), journalMode));
    }
    return await inTurns([...places.keys()], dose, async (variant) => {
      const place = places.get(variant) as Place;
      return await place.takesMs(dose.runs);
    });
  } finally {
    for (const place of places.values()) await place.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function openPlace(dbFilename: string, journalMode: JournalMode): Promise<Place> {
  const server = await openBenchServer({ dbFilename, journalMode });
  const worker = await ourWorker({ connection: server.native });
  const stopped = worker.run();
  const side = sideOf(server, 'ours');
  return {
    takesMs: async (runs) => {
      const startedMs = performance.now();
      await Promise.all(Array.from({ length: runs }, () => side.run(SHORT_STEPS)));
      return performance.now() - startedMs;
    },
    close: async () => {
      worker.shutdown();
      await stopped;
      await server.close();
    },
  };
}
