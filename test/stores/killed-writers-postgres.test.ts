/** Writers to PostgreSQL that are killed with SIGKILL in the middle of a write, and PostgreSQL's own processes too. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { expectWhole, KILLS, killWriters } from './killed-writers';
import { PostgresForTests } from './postgres-place';
import { compileWriter, WriterProcess } from './writer-process';

/** The server recovers after each of them, so they are fewer. */
const BACKEND_KILLS = Math.max(5, Math.round(KILLS / 25));

let directory: string;
let script: string;
let postgres: PostgresForTests;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'temporal-kernel-killed-'));
  script = compileWriter(directory);
  postgres = await PostgresForTests.startOwn();
});

afterAll(async () => {
  await postgres.stop();
  rmSync(directory, { recursive: true });
});

test(`given ${KILLS} writers, when each is killed in the middle of a write, then nothing is lost and nothing half in`, async () => {
  const { writers, hits, misses, complaints } = await killWriters(script, postgres.url);

  expect(complaints).toEqual([]);
  expect(hits).toBeGreaterThanOrEqual(KILLS);
  await untilNobodyWrites();
  const store = await postgres.open();
  await expectWhole(store, writers, `PostgreSQL: ${hits} writers killed in flight (${misses} more between two writes)`);
  await store.close();
}, 600_000);

test(`given 8 writers, when ${BACKEND_KILLS} of the server's own processes are killed in the middle of a write, then it recovers, the writers go on, and nothing is lost`, async () => {
  const schema = 'killed_backends';
  const url = `${postgres.url}?schema=${schema}`;
  const writers = Array.from(
    { length: 8 },
    (_, index) => new WriterProcess(script, url, `writer ${index}`, Number.POSITIVE_INFINITY),
  );
  await Promise.all(writers.map(({ ready }) => ready));
  for (const writer of writers) writer.begin();

  for (let kill = 1; kill <= BACKEND_KILLS; kill += 1) {
    await killBackendInTheAct();
    // Counted after the kill: every writer has got through to the server again, which has recovered then.
    const before = writers.map(({ announced }) => announced.length);
    await Promise.all(writers.map((writer, index) => writer.until(() => writer.announced.length > before[index]! + 2)));
  }
  for (const writer of writers) writer.kill();
  expect(await Promise.all(writers.map(({ ended }) => ended))).toEqual(writers.map(() => ''));

  await untilNobodyWrites();
  const unknown = writers.flatMap(({ announced }) => announced).filter(({ state }) => state === 'unknown').length;
  const what = `PostgreSQL: ${BACKEND_KILLS} of its own processes killed while they wrote (${unknown} outcomes unknown)`;
  const store = await onceRecovered(() => postgres.open({ schema }));
  await expectWhole(store, writers, what);
  await store.close();
  const checked = await postgres.query('SELECT count(*) AS rows FROM killed_backends.events');
  expect(Number(checked[0]?.['rows'])).toBeGreaterThan(0);
}, 600_000);

/**
 * Stops a server process with SIGSTOP first: if it stands in the middle of writing then, it still does when SIGKILL comes.
 */
async function killBackendInTheAct(): Promise<void> {
  for (;;) {
    const client = new Client({ connectionString: postgres.superuserUrl, statement_timeout: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      if (await killOneOf(client)) return;
    } catch {
      // It is still recovering from the last kill, or was stopped where nobody can look at it.
      await pause(20);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** Attempts, a tenth of a second apart, before a server counts as broken. */
const RECOVERY_ATTEMPTS_MAX = 600;

const WRITING = `SELECT pid FROM pg_stat_activity
  WHERE application_name = 'temporal-kernel' AND state = 'active' AND query ~* '^(insert|commit)'`;

async function killOneOf(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ readonly pid: number }>(WRITING);
  const pid = rows[0]?.pid;
  if (pid === undefined) return false;
  process.kill(pid, 'SIGSTOP');
  let isWriting = false;
  try {
    isWriting = (await client.query(`${WRITING} AND pid = $1`, [pid])).rows.length === 1;
    return isWriting;
  } finally {
    process.kill(pid, isWriting ? 'SIGKILL' : 'SIGCONT');
  }
}

/** A server process goes on for a moment when its client is dead. */
async function untilNobodyWrites(): Promise<void> {
  const others = `SELECT 1 FROM pg_stat_activity WHERE application_name = 'temporal-kernel'`;
  while ((await onceRecovered(() => postgres.query(others))).length > 0) await pause(20);
}

/** A server that lost one of its processes takes no connections until it has recovered. */
async function onceRecovered<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if (attempt >= RECOVERY_ATTEMPTS_MAX) throw error;
      await pause(100);
    }
  }
}
