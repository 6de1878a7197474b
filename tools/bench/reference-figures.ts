/** Runs the reference's bench program and reads what it prints. */
import { spawnSync } from 'node:child_process';
import type { RowId } from './kernel-rows';

/** Milliseconds of each row that the reference's bench program measured. */
export type ReferenceFigures = ReadonlyMap<RowId, number>;

/** It gives medians of so many runs of each row. */
const REPETITIONS = 3;

const RUN_TIMEOUT_MS = 10 * 60_000;

/**
 * Runs the program once.
 *
 * @throws Error when it fails, or prints what can't be read
 */
export function measureReference(program: string): ReferenceFigures {
  const { status, stdout, error } = spawnSync(program, [String(REPETITIONS)], {
    encoding: 'utf8',
    timeout: RUN_TIMEOUT_MS,
  });
  if (status !== 0) throw new Error(`the reference's bench failed: ${error?.message ?? `exit code ${status}`}`);
  return readReferenceFigures(stdout);
}

/** The beginnings of its lines, up to the figure. */
const LINES: readonly (readonly [RowId, RegExp])[] = [
  ['run 100', /^run +100 actions .*, no snapshots, small state/],
  ['run 1000', /^run +1000 actions .*, no snapshots, small state/],
  ['run 1000 snapshots 1 KB', /^run +1000 actions .*, snapshots, 1 KB state/],
  ['run 5000', /^run +5000 actions .*, no snapshots, small state/],
  ['run 10000', /^run +10000 actions .*, no snapshots, small state/],
  ['run 10000 snapshots', /^run +10000 actions .*, snapshots, small state/],
  ['run 10000 snapshots 1 KB', /^run +10000 actions .*, snapshots, 1 KB state/],
  ['run 20000', /^run +20000 actions .*, no snapshots, small state/],
  ['append batch', /^append one batch/],
  ['append each', /^append .* one by one/],
  ['scan', /^scan 10,000/],
  ['replay', /^replay .*, small state/],
  ['replay 1 KB', /^replay 10,000 events, 1 KB state/],
  ['replay updates 1 KB', /^replay .* StateUpdated of 1 KB/],
  ['replay from snapshot', /^replay_from_snapshot/],
  ['execution log', /^scan_execution_log \(no hashes\)/],
  ['execution log hashed', /^scan_execution_log_with_state_hashes, .*, small state/],
  ['execution log hashed 1 KB', /^scan_execution_log_with_state_hashes, 10,000 events, 1 KB state/],
  ['execution log hashed updates 1 KB', /^scan_execution_log_with_state_hashes, .* StateUpdated of 1 KB/],
  ['event-stream hash', /^event_stream_hash/],
  ['timeline', /^run_timeline/],
];

/**
 * Reads the program's output.
 *
 * @throws Error when a row is missing
 */
export function readReferenceFigures(output: string): ReferenceFigures {
  const lines = output.split('\n');
  return new Map(
    LINES.map(([id, start]) => {
      const line = lines.find((one) => start.test(one));
      const ms = line === undefined ? null : millisecondsOf(line);
      if (ms === null) throw new Error(`the reference's bench says nothing of "${id}"`);
      return [id, ms];
    }),
  );
}

/** Its rates have more digits than its milliseconds. */
function millisecondsOf(line: string): number | null {
  const actions = /^run +(\d+) actions/.exec(line)?.[1];
  const steps = /(\d+) steps\/s/.exec(line)?.[1];
  if (actions !== undefined && steps !== undefined) return (Number(actions) / Number(steps)) * 1000;
  const ms = /: +([\d.]+) ms/.exec(line)?.[1];
  return ms === undefined ? null : Number(ms);
}
