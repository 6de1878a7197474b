/** What it costs here to have a few bytes on disk: every durable step waits for that at least once, so a report of durable steps says it. */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { median } from './sampling';

const TIMES = 51;
const BYTES = 4_096;

/** Milliseconds for appending 4 kB to a file of this folder and syncing it: a median. */
export function syncMs(folder: string): number {
  const file = openSync(join(folder, 'sync-cost'), 'a');
  try {
    const block = Buffer.alloc(BYTES, 'x');
    return median(
      Array.from({ length: TIMES }, () => {
        const startedMs = performance.now();
        writeSync(file, block);
        fdatasyncSync(file);
        return performance.now() - startedMs;
      }),
    );
  } finally {
    closeSync(file);
  }
}
