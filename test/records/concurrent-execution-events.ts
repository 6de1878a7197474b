/** Processes that append execution events at once, and what they left behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ExecutionEventStore } from '../../src/records';

const ROUNDS = 60;
const WRITERS = ['left', 'middle', 'right'];

/** Lets three processes append to one execution at once, and reads what is there afterwards. */
export async function assertConsecutive(store: ExecutionEventStore, place: string, schema = ''): Promise<void> {
  const writers = WRITERS.map((name) => {
    const script = join(__dirname, 'execution-event-writer.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', script, place, schema, name, String(ROUNDS)], {
      cwd: join(__dirname, '../..'),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let complaints = '';
    child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    child.stdin.on('error', () => undefined);
    const ended = once(child, 'close').then(([code]) =>
      code === 0 ? complaints : `${complaints} exit ${String(code)}`,
    );
    return { child, ended, ready: Promise.race([once(child.stdout, 'data'), ended]) };
  });
  try {
    await Promise.all(writers.map(({ ready }) => ready));
    for (const { child } of writers) child.stdin.write('!');
    expect(await Promise.all(writers.map(({ ended }) => ended))).toEqual(['', '', '']);
  } finally {
    for (const { child } of writers) child.kill();
  }
  await assertWhole(store);
  for (const name of WRITERS) expect(await store.countEvents(`own of ${name}`)).toBe(ROUNDS);
}

/** Sequences have no gap, batches are whole, and each writer's are in its order. */
async function assertWhole(store: ExecutionEventStore): Promise<void> {
  const events = await store.loadEvents('shared');
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
  const marks = events.map(({ event }) => (event.type === 'Custom' ? event.data : null) as unknown as Mark);
  const rounds = new Map<string, number>();
  let interleavings = 0;
  for (let index = 0, before = ''; index < marks.length;) {
    const { writer, round, of } = marks[index]!;
    expect(marks.slice(index, index + of)).toEqual(Array.from({ length: of }, (_, at) => ({ writer, round, at, of })));
    expect(round).toBe((rounds.get(writer) ?? 0) + 1);
    rounds.set(writer, round);
    if (writer !== before) interleavings += 1;
    before = writer;
    index += of;
  }
  expect([...rounds.values()]).toEqual([ROUNDS, ROUNDS, ROUNDS]);
  // Otherwise nothing happened at once, and nothing was shown.
  expect(interleavings).toBeGreaterThan(WRITERS.length);
}

interface Mark {
  readonly writer: string;
  readonly round: number;
  readonly at: number;
  readonly of: number;
}
