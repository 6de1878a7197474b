import { Client } from 'pg';
import { logStoreContract, numbered, runRecord, twoSteps } from '../../src/testing';
import { PostgresStore } from '../../src/stores';
import { rejects } from '../../src/testing/contract-case';
import { SCHEMA_VERSION } from '../../src/stores/sql-migrations';
import { PostgresForTests } from './postgres-place';

let postgres: PostgresForTests;
const opened: { close(): unknown }[] = [];

beforeAll(async () => {
  // A role is set up badly in some of these tests, which nobody may do to somebody else's server.
  postgres = await PostgresForTests.startOwn();
});

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

afterAll(async () => {
  await postgres.stop();
});

describe('PostgresStore keeps the contract of log stores', () => {
  for (const { name, run } of logStoreContract(() => postgres.place())) test(name, run);
});

describe('PostgresStore keeps the contract on a superuser’s connection, which row-level security would not hold', () => {
  const few = /tenant|retried|replaces|hangs together badly/;
  const contract = logStoreContract(() => postgres.place({ url: postgres.superuserUrl }));
  for (const { name, run } of contract.filter(({ name }) => few.test(name))) test(name, run);
});

describe('PostgresStore keeps the contract without prepared statements, behind a pooler that can not keep them', () => {
  const few = /batch|pages|chain holds/;
  const contract = logStoreContract(() => postgres.place({ preparedStatements: false }));
  for (const { name, run } of contract.filter(({ name }) => few.test(name))) test(name, run);
});

describe('given the rows of two tenants', () => {
  const forgetful = [
    'SELECT * FROM temporal_kernel.events',
    'SELECT * FROM temporal_kernel.runs',
    'SELECT * FROM temporal_kernel.positions',
    'SELECT * FROM temporal_kernel.snapshots',
    'SELECT * FROM temporal_kernel.execution_events',
    "SELECT * FROM temporal_kernel.events WHERE tenant_id = 'theirs'",
    "SELECT * FROM temporal_kernel.events WHERE tenant_id = 'theirs' OR true",
  ];

  beforeAll(async () => {
    for (const tenant of ['mine', 'theirs']) {
      const store = await postgres.open({ tenant });
      for (const step of twoSteps(runRecord(`run of ${tenant}`))) await store.writeStep(step);
      await store.database.change({
        key: 'an execution event',
        reads: [],
        decide: () => ({
          value: null,
          writes: [
            {
              sql: 'INSERT INTO temporal_kernel.execution_events VALUES ($1, $2, 1, $3, 0)',
              values: [tenant, `execution of ${tenant}`, '{}'],
            },
          ],
        }),
      });
      await store.close();
    }
  });

  test.each(['an ordinary role that owns the tables', 'a superuser'])(
    'when a query forgets its WHERE, on the connection of %s, then it sees its own tenant alone',
    async (who) => {
      const url = who === 'a superuser' ? postgres.superuserUrl : postgres.url;
      const store = keep(await PostgresStore.open(url, { tenant: 'mine' }));
      for (const sql of forgetful.slice(0, 5)) {
        const [rows] = await store.database.read({ sql, values: [] });
        expect(rows.length).toBeGreaterThan(0);
        expect((rows as { tenant_id: string }[]).every(({ tenant_id }) => tenant_id === 'mine')).toBe(true);
      }
      const [theirs] = await store.database.read({ sql: forgetful[5] as string, values: [] });
      expect(theirs).toEqual([]);
      const [all] = await store.database.read({ sql: forgetful[6] as string, values: [] });
      expect(all.length).toBe(5);
    },
  );

  test.each(['an ordinary role that owns the tables', 'a superuser'])(
    'when a write forgets its tenant, on the connection of %s, then it is refused or touches nobody else',
    async (who) => {
      const url = who === 'a superuser' ? postgres.superuserUrl : postgres.url;
      const store = keep(await PostgresStore.open(url, { tenant: 'mine' }));
      const write = (sql: string): Promise<null> =>
        store.database.change({ key: 'k', reads: [], decide: () => ({ writes: [{ sql, values: [] }], value: null }) });
      const event =
        "INSERT INTO temporal_kernel.events (tenant_id, run_id, seq, event) VALUES ('theirs', 'run', 1, '1')";
      await expect(write(event)).rejects.toMatchObject({ code: '42501' });
      const snapshot = "INSERT INTO temporal_kernel.snapshots VALUES ('theirs', 'run of theirs', 9, '1')";
      await expect(write(snapshot)).rejects.toMatchObject({ code: '42501' });
      await expect(write("UPDATE temporal_kernel.snapshots SET tenant_id = 'theirs'")).rejects.toThrow();
      await write("UPDATE temporal_kernel.positions SET position = '0' WHERE tenant_id = 'theirs'");
      await write("DELETE FROM temporal_kernel.snapshots WHERE tenant_id = 'theirs'");
      const theirs = keep(await postgres.open({ tenant: 'theirs' }));
      expect(await theirs.loadRun('run of theirs')).toMatchObject({ head: 5, position: { event: 20 } });
      expect(await theirs.loadLatest('run of theirs')).toMatchObject({ atSeq: 5 });
      expect(await theirs.head('run')).toBe(0);
    },
  );

  test('when a session has set no tenant, then it sees nothing, although it owns the tables', async () => {
    for (const sql of forgetful) expect(await postgres.query(sql, [], postgres.url)).toEqual([]);
  });

  test('when a connection goes back to the pool, then no tenant stays behind on it', async () => {
    const store = keep(await postgres.open({ tenant: 'mine', connections: 1 }));
    await store.head('run of mine');
    const client = new Client({ connectionString: postgres.url });
    await client.connect();
    const session = `SELECT current_setting('temporal_kernel.tenant', true) AS tenant, current_user AS who`;
    await client.query('BEGIN');
    await client.query(`SELECT set_config('temporal_kernel.tenant', 'mine', true)`);
    await client.query('COMMIT');
    expect((await client.query(session)).rows).toEqual([{ tenant: '', who: 'runs' }]);
    await client.end();
  });
});

describe('given what happened, when anybody tries to change it in the database, then the database refuses', () => {
  beforeAll(async () => {
    const store = await postgres.open({ tenant: 'kept' });
    for (const step of twoSteps(runRecord('r'))) await store.writeStep(step);
    await store.close();
    await postgres.query(`INSERT INTO temporal_kernel.execution_events VALUES ('kept', 'e', 1, '{}', 5)`);
  });

  test.each([
    ["UPDATE events SET event = '1'"],
    ['UPDATE events SET seq = 9 WHERE seq = 5'],
    ['DELETE FROM events'],
    ['TRUNCATE events'],
    ['TRUNCATE runs CASCADE'],
    [`INSERT INTO events (tenant_id, run_id, seq, event) VALUES ('kept', 'r', 7, '1')`],
    [`INSERT INTO events (tenant_id, run_id, seq, event) VALUES ('kept', 'r', 6, '1'), ('kept', 'r', 8, '1')`],
    [
      `INSERT INTO events (tenant_id, run_id, seq, event) VALUES ('kept', 'r', 1, '1')
       ON CONFLICT (tenant_id, run_id, seq) DO UPDATE SET event = '1'`,
    ],
    [`INSERT INTO events (tenant_id, run_id, seq, event, hash) VALUES ('kept', 'r', 6, '1', '00')`],
    ["UPDATE runs SET program = 'other'"],
    ['DELETE FROM runs'],
    ["UPDATE execution_events SET event = ''"],
    ['DELETE FROM execution_events'],
    ['TRUNCATE execution_events'],
    [`INSERT INTO execution_events VALUES ('kept', 'e', 3, '{}', 5)`],
  ])('%s', async (sql) => {
    const qualified = sql.replace(
      /(UPDATE|FROM|TRUNCATE|INTO) (events|runs|execution_events)/,
      '$1 temporal_kernel.$2',
    );
    // The superuser himself, whom neither a policy nor a grant would stop.
    await expect(postgres.query(qualified)).rejects.toThrow(/is never|in order|hashed_whole/);
    const store = keep(await postgres.open({ tenant: 'kept' }));
    expect((await store.scanLog('r', 1)).length).toBe(5);
    expect(await store.head('r')).toBe(5);
  });
});

describe('given a database that could lose what it acknowledged, when it is opened, then it is refused and told how to mend it', () => {
  const advice = { code: 'NotDurable', message: expect.stringContaining('synchronous_commit') };

  test('synchronous_commit is off in the URL', async () => {
    const url = `${postgres.url}?options=-c%20synchronous_commit%3Doff`;
    await expect(PostgresStore.open(url)).rejects.toMatchObject(advice);
  });

  test.each(['ROLE', 'DATABASE'])('synchronous_commit is off for the %s', async (what) => {
    await postgres.query(`ALTER ${what} runs SET synchronous_commit = off`);
    try {
      await expect(postgres.open()).rejects.toMatchObject(advice);
    } finally {
      await postgres.query(`ALTER ${what} runs RESET synchronous_commit`);
    }
    keep(await postgres.open());
  });

  test('it is turned off after the store was opened: the next new connection says so', async () => {
    const store = keep(await postgres.open({ connections: 4 }));
    await postgres.query('ALTER ROLE runs SET synchronous_commit = off');
    try {
      const many = Array.from({ length: 4 }, (_, index) => store.append(`at once ${index}`, numbered('a', 1)));
      const refused = (await Promise.allSettled(many)).filter(({ status }) => status === 'rejected');
      expect(refused.length).toBeGreaterThan(0);
      for (const one of refused) expect(one).toMatchObject({ reason: advice });
    } finally {
      await postgres.query('ALTER ROLE runs RESET synchronous_commit');
    }
  });
});

describe('given a database that is not ours to use, when it is opened, then it is refused', () => {
  test('a schema newer than known', async () => {
    const schema = 'from_the_future';
    await (await postgres.open({ schema })).close();
    await postgres.query(`INSERT INTO ${schema}.migrations (version) VALUES (99)`);
    await expect(postgres.open({ schema })).rejects.toMatchObject({
      code: 'SchemaTooNew',
      message: expect.stringMatching(/version 99, newer than \d+, .*: update temporal-kernel/),
    });
  });

  test('a schema that another program has', async () => {
    await postgres.query('CREATE SCHEMA theirs', [], postgres.url);
    await postgres.query('CREATE TABLE theirs.notes (text text)', [], postgres.url);
    const refusal = { code: 'EventStore', message: expect.stringContaining('another program') };
    await expect(postgres.open({ schema: 'theirs' })).rejects.toMatchObject(refusal);
    expect(await postgres.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'theirs'`)).toEqual([
      { tablename: 'notes' },
    ]);
  });

  test('a name that is none of a schema', async () => {
    for (const schema of ['', 'Upper', '1st', 'pg_mine', 'a b', 'a"; DROP SCHEMA public; --', 'x'.repeat(41)]) {
      await rejects('EventStore', postgres.open({ schema }));
    }
  });

  test('a role that looks past row-level security and may not step down', async () => {
    await postgres.query(`CREATE ROLE seer LOGIN BYPASSRLS PASSWORD 'seer'`);
    await postgres.query('GRANT USAGE ON SCHEMA temporal_kernel TO seer');
    await postgres.query('GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA temporal_kernel TO seer');
    const url = postgres.url.replace(/\/\/runs:[^@]*@/, '//seer:seer@');
    await expect(PostgresStore.open(url)).rejects.toMatchObject({
      code: 'NotIsolated',
      message: expect.stringContaining('CREATE ROLE runs LOGIN'),
    });
  });

  test('a server that is not there, a wrong password, a database that is not there, what is no URL', async () => {
    const { port } = new URL(postgres.url);
    for (const url of [
      'postgres://runs@127.0.0.1:1/runs',
      `postgres://runs:wrong@127.0.0.1:${port}/runs`,
      postgres.url.replace(/runs$/, 'nowhere'),
      'postgres://',
    ]) {
      const error: unknown = await PostgresStore.open(url, { busyTimeoutMs: 2_000 }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'EventStore' });
      expect(String(error)).not.toContain('wrong');
    }
  });
});

test('given an empty database, when eight stores open it at once, then its schema is made once', async () => {
  const schema = 'opened_by_eight';
  const stores = await Promise.all(Array.from({ length: 8 }, () => postgres.open({ schema, connections: 1 })));
  opened.push(...stores);
  expect(await postgres.query(`SELECT version FROM ${schema}.migrations`)).toEqual(
    Array.from({ length: SCHEMA_VERSION }, (_, index) => ({ version: String(index + 1) })),
  );
});

test('given a store that was closed, when it is used, then every call fails with a kernel error', async () => {
  const store = await postgres.open();
  await store.close();
  await rejects('EventStore', store.append('r', [{ type: 'Completed' }]));
  await rejects('EventStore', store.scan('r', 1));
  await rejects('EventStore', store.writeStep(twoSteps(runRecord('r'))[0]));
  await rejects('SnapshotStore', store.loadLatest('r'));
});

describe('given another writer', () => {
  test('when it holds a run for too long, then StoreBusy says so, and nothing is written', async () => {
    const store = keep(await postgres.open({ tenant: 'busy', busyTimeoutMs: 200 }));
    const patient = keep(await postgres.open({ tenant: 'busy' }));
    await patient.append('r', numbered('a', 1));
    const other = new Client({ connectionString: postgres.url });
    await other.connect();
    await other.query('BEGIN');
    const lock = JSON.stringify('busy');
    await other.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `temporal-kernel temporal_kernel ${lock} run r`,
    ]);
    await expect(store.append('r', numbered('b', 1))).rejects.toMatchObject({
      code: 'StoreBusy',
      message: expect.stringContaining('another writer held the run'),
    });
    expect(await store.append('another run', numbered('b', 1))).toBe(1);
    const waiting = patient.append('r', numbered('c', 1));
    await other.query('ROLLBACK');
    await other.end();
    expect(await waiting).toBe(2);
  });

  test('when connections are ended by the server, then reads and writes go on by new ones', async () => {
    const store = keep(await postgres.open({ tenant: 'ended' }));
    await store.append('r', numbered('a', 1));
    for (let round = 1; round <= 5; round += 1) {
      await postgres.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = 'temporal-kernel' AND usename = 'runs'`,
      );
      expect(await store.append('r', numbered('a', 1), round)).toBe(round + 1);
      expect(await store.head('r')).toBe(round + 1);
    }
  });
});

/** Closes it after the test. */
function keep<T extends { close(): unknown }>(handle: T): T {
  opened.push(handle);
  return handle;
}
