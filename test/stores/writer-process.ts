/**
 * Writers in processes of their own, seen from the test that starts them; and what they left in a store, held against what
 * they said.
 *
 * Guarantees: what a writer said before it was killed is known when `ended` resolves, to the last byte; no writer outlives
 * its test.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { eventText } from '../../src/kernel/event-wire';
import { verifyStoredChain } from '../../src/kernel/stored-chain';
import type { LogStore } from '../../src/kernel/log-store';

const PROJECT = join(__dirname, '../..');

/** Compiles the writer to one file, which starts in a tenth of a second: hundreds of them are started. */
export function compileWriter(directory: string): string {
  const script = join(directory, 'store-writer.js');
  buildSync({
    entryPoints: [join(__dirname, 'store-writer.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['better-sqlite3', 'pg-native'],
  });
  return script;
}

/** A write that a writer announced. */
export interface Announced {
  readonly runId: string;
  readonly number: number;
  readonly of: number;
  /** What became of it, as far as the writer said. */
  state: 'under way' | 'acknowledged' | 'unknown';
}

export class WriterProcess {
  readonly name: string;
  /** Resolves when the writer is ready to begin, or has ended before. */
  readonly ready: Promise<unknown>;
  /** Resolves when the writer has ended and all that it said is known: with its complaints. */
  readonly ended: Promise<string>;
  readonly announced: Announced[] = [];
  readonly #process: ChildProcess;
  #heard = '';
  #isReady = false;
  #told: (() => void)[] = [];

  constructor(script: string, place: string, name: string, rounds: number) {
    this.name = name;
    const child = spawn(process.execPath, [script, place, name, String(rounds)], {
      env: { ...process.env, NODE_PATH: join(PROJECT, 'node_modules') },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#process = child;
    let complaints = '';
    child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    child.stdout.on('data', (chunk: Buffer) => {
      this.#hear(chunk.toString());
    });
    // A writer that dies early has closed its input: the complaint says more than a broken pipe.
    child.stdin.on('error', () => undefined);
    // `close`, and not `exit`: it comes when the pipes are read to their ends.
    this.ended = once(child, 'close').then(([code, signal]) => {
      this.#tell();
      return code === 0 || signal === 'SIGKILL' ? complaints : `${complaints} exit code ${String(code)}`;
    });
    this.ready = Promise.race([this.until(() => this.#isReady), this.ended]);
  }

  begin(): void {
    this.#process.stdin?.write('!');
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  /** The write that was announced and has no end yet. */
  get underWay(): Announced | null {
    const last = this.announced.at(-1);
    return last?.state === 'under way' ? last : null;
  }

  /** Resolves when something is true of what the writer said, or when it has ended. */
  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue() && this.#process.exitCode === null && this.#process.signalCode === null) {
      await new Promise<void>((resolve) => this.#told.push(resolve));
    }
  }

  #hear(text: string): void {
    const lines = (this.#heard + text).split('\n');
    this.#heard = lines.pop() ?? '';
    for (const line of lines) this.#understand(line);
    this.#tell();
  }

  #understand(line: string): void {
    const [word, number, of] = line.split(' ');
    if (word === 'ready') this.#isReady = true;
    if (word === 'begin') {
      const runId = JSON.parse(line.slice(line.indexOf('"'))) as string;
      this.announced.push({ runId, number: Number(number), of: Number(of), state: 'under way' });
    }
    if (word === 'acknowledged' || word === 'unknown') {
      const write = this.announced.at(-1);
      if (write?.number !== Number(number)) throw new Error(`${this.name} said ${line}, which it never began`);
      write.state = word;
    }
  }

  #tell(): void {
    for (const told of this.#told.splice(0)) told();
  }
}

/** What of the announced writes is in a store. */
export interface Findings {
  /** Acknowledged writes that are not there as a whole: must be none. */
  readonly lost: string[];
  /** Writes of which a part is there: must be none. */
  readonly halves: string[];
  /** Events that nobody announced, or that are not where they belong: must be none. */
  readonly strange: string[];
  /** Runs whose chain does not verify: must be none. */
  readonly broken: string[];
  /** Writes that were under way when their writer ended: so many are in, and so many are not. */
  inThough: number;
  notIn: number;
  /** Events in all. */
  events: number;
}

interface Mark {
  readonly writer: string;
  readonly number: number;
  readonly at: number;
  readonly of: number;
}

/** Reads everything, and holds it against what the writers said. */
export async function findingsIn(store: LogStore, writers: readonly WriterProcess[]): Promise<Findings> {
  const found: Findings = { lost: [], halves: [], strange: [], broken: [], inThough: 0, notIn: 0, events: 0 };
  const whole = new Set<string>();
  for (const runId of new Set(writers.flatMap(({ announced }) => announced.map((write) => write.runId)))) {
    await readRun(store, runId, whole, found);
  }
  for (const { name, announced } of writers) {
    for (const { runId, number, of, state } of announced) {
      const isIn = whole.delete(keyOf(runId, { writer: name, number, of }));
      if (state === 'acknowledged' && !isIn) found.lost.push(`${name} ${number} in ${runId}`);
      if (state !== 'acknowledged') found[isIn ? 'inThough' : 'notIn'] += 1;
    }
  }
  found.strange.push(...whole);
  return found;
}

async function readRun(store: LogStore, runId: string, whole: Set<string>, found: Findings): Promise<void> {
  const events = await store.scan(runId, 1);
  found.events += events.length;
  for (let index = 0; index < events.length;) {
    const first = markOf(events[index]?.event);
    const lot = events.slice(index, index + first.of).map(({ event }) => markOf(event));
    const together = lot.every(
      ({ writer, number }, at) => writer === first.writer && number === first.number && lot[at]?.at === at,
    );
    if (!together || lot.length !== first.of) {
      found.halves.push(`${runId} at seq ${index + 1}: ${JSON.stringify(lot[0])}`);
      return;
    }
    if (whole.has(keyOf(runId, first))) found.strange.push(`${keyOf(runId, first)} is there twice`);
    whole.add(keyOf(runId, first));
    index += first.of;
  }
  if (!runId.startsWith('mirrored')) return;
  // A first step that never came to be has left no run at all.
  if (events.length === 0 && (await store.loadRun(runId)) === null) return;
  const verdict = await verifyStoredChain(store, runId);
  const stored = await store.loadRun(runId);
  const snapshot = await store.loadLatest(runId);
  if (!verdict.ok) found.broken.push(`${runId}: ${verdict.reason}`);
  else if (verdict.head !== events.length)
    found.broken.push(`${runId} verifies to ${verdict.head} of ${events.length}`);
  if (snapshot?.atSeq !== events.length) found.broken.push(`the snapshot of ${runId} is not at its head`);
  const position = JSON.stringify(stored?.position);
  if (position !== JSON.stringify({ event: events.length * 3 })) found.broken.push(`${runId} is at ${position}`);
}

function markOf(event: Parameters<typeof eventText>[0] | undefined): Mark {
  if (event?.type !== 'StateUpdated') throw new Error('an event that no writer writes');
  return event.payload as unknown as Mark;
}

function keyOf(runId: string, { writer, number, of }: Pick<Mark, 'writer' | 'number' | 'of'>): string {
  return `${runId}: write ${number} of ${writer}, ${of} events`;
}
