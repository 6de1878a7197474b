/**
 * Temporal's own replay of many histories, in processes that may be lost: one that crashes or says nothing for too long is ended,
 * and another goes on with the next history.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { compileScript, NODE_MODULES } from '../../support/compiled-script';
import type { ReplayJob, ReplayResult } from './replay-process';

/** What Temporal's replay made of a history. */
export type ReplayOutcome =
  | { readonly type: 'passed' }
  | { readonly type: 'found'; readonly error: string }
  /** It said nothing for so long that it was ended. */
  | { readonly type: 'hung' }
  /** Its core panicked. */
  | { readonly type: 'crashed' };

/** How long the first history may take, with the start of its process. */
const START_DEADLINE_MS = 60_000;

/** How long every other history may take. Replays of this size take a tenth of a second. */
const DEADLINE_MS = 5_000;

export interface ReplayedHistory {
  readonly runId: string;
  readonly history: unknown;
}

/**
 * Replays histories, in their order.
 *
 * @param bundle the file of the workflow bundle
 */
export async function replayByTemporal(
  bundle: string,
  histories: readonly ReplayedHistory[],
): Promise<readonly ReplayOutcome[]> {
  const outcomes: ReplayOutcome[] = [];
  const directory = await mkdtemp(join(tmpdir(), 'temporal-kernel-replay-'));
  try {
    const script = compileScript(join(__dirname, 'replay-process.ts'), directory);
    while (outcomes.length < histories.length) await replayOn(script, bundle, histories, outcomes);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  return outcomes;
}

/** Goes on until all is replayed, or the process is lost with the history that it had. */
async function replayOn(
  script: string,
  bundle: string,
  histories: readonly ReplayedHistory[],
  outcomes: ReplayOutcome[],
): Promise<void> {
  const child = spawn(process.execPath, [script, bundle], {
    env: { ...process.env, NODE_PATH: NODE_MODULES },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const lost = new Promise<'crashed'>((resolve) => {
    child.once('exit', () => {
      resolve('crashed');
    });
    // The core is another language's: where it panics, its thread is gone and the process waits for ever.
    child.stderr.on('data', (text: Buffer) => {
      if (text.includes('panicked at')) resolve('crashed');
    });
  });
  // A process that is gone can't be written to: that it is gone is known from its exit.
  child.stdin.on('error', () => undefined);
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let deadlineMs = START_DEADLINE_MS;
  try {
    while (outcomes.length < histories.length) {
      const id = outcomes.length;
      const job: ReplayJob = { id, ...(histories[id] as ReplayedHistory) };
      child.stdin.write(`${JSON.stringify(job)}\n`);
      const answer = await within(deadlineMs, Promise.race([answers.next(), lost]));
      deadlineMs = DEADLINE_MS;
      if (answer === 'crashed' || answer === 'hung' || answer.done === true) {
        outcomes.push({ type: answer === 'hung' ? 'hung' : 'crashed' });
        return;
      }
      const { error } = JSON.parse(answer.value) as ReplayResult;
      outcomes.push(error === null ? { type: 'passed' } : { type: 'found', error });
    }
  } finally {
    child.kill('SIGKILL');
  }
}

async function within<T>(deadlineMs: number, answer: Promise<T>): Promise<T | 'hung'> {
  let timer: NodeJS.Timeout | undefined;
  const hung = new Promise<'hung'>((resolve) => {
    timer = setTimeout(() => {
      resolve('hung');
    }, deadlineMs);
  });
  try {
    return await Promise.race([answer, hung]);
  } finally {
    clearTimeout(timer);
  }
}
