/** Eight processes that open an empty store at once, and write at once to one log and to many. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, SqliteStore, type SqlStore } from '../../src/stores';
import { PostgresForTests } from './postgres-place';
import { compileWriter, findingsIn, WriterProcess } from './writer-process';

const WRITERS = 8;
const ROUNDS = 12;

let directory: string;
let postgres: PostgresForTests;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'temporal-kernel-eight-'));
  postgres = await PostgresForTests.start();
});

afterAll(async () => {
  await postgres.stop();
  rmSync(directory, { recursive: true });
});

const schema = (): string => `${postgres.schema}_eight`;

const PLACES: readonly (readonly [string, () => string, () => Promise<SqlStore>])[] = [
  [
    'an SQLite file',
    () => join(directory, 'log.db'),
    () => Promise.resolve(SqliteStore.open(join(directory, 'log.db'))),
  ],
  ['PostgreSQL', () => `${postgres.url}?schema=${schema()}`, () => postgres.open({ schema: schema() })],
];

test.each(PLACES)(
  'given eight processes that open %s at once, when all write at once to one log and to many, then nothing is lost, split or refused',
  async (_, place, open) => {
    const script = compileWriter(directory);
    const writers = Array.from(
      { length: WRITERS },
      (_none, index) => new WriterProcess(script, place(), `writer ${index}`, ROUNDS),
    );
    await Promise.all(writers.map(({ ready }) => ready));
    for (const writer of writers) writer.begin();
    // No busy or serialization error came out: a writer that meets one ends with it.
    expect(await Promise.all(writers.map(({ ended }) => ended))).toEqual(writers.map(() => ''));

    const announced = writers.flatMap((writer) => writer.announced);
    expect(announced.length).toBe(WRITERS * ROUNDS * 4);
    expect(announced.every(({ state }) => state === 'acknowledged')).toBe(true);
    const store = await open();
    const { lost, halves, strange, broken, events } = await findingsIn(store, writers);
    await store.close();
    expect({ lost, halves, strange, broken }).toEqual({ lost: [], halves: [], strange: [], broken: [] });
    expect(events).toBe(announced.reduce((sum, { of }) => sum + of, 0));
  },
  300_000,
);

test('given a path and a URL, when a store is opened by either, then it is the right one, and its tenant is', async () => {
  const file = await openStore(join(directory, 'opened.db'), { tenant: 'acme' });
  expect(file).toBeInstanceOf(SqliteStore);
  expect(file.tenant).toBe('acme');
  await file.close();
  if (postgres.own === null) return;
  const server = await openStore(postgres.url, { tenant: 'acme' });
  expect(server).not.toBeInstanceOf(SqliteStore);
  expect(server.database.place).toMatch(/^postgres:\/\/runs@127\.0\.0\.1:\d+\/runs$/);
  expect(server.tenant).toBe('acme');
  await server.close();
});
