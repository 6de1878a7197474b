/** Artifacts in databases, beyond what every store does: databases that are older than artifacts, and what the database itself refuses. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { KernelError } from '../../src/kernel';
import { openArtifacts, SqlArtifacts, SqliteStore, type SqlDatabase } from '../../src/stores';
import { postgresBuilder } from '../../src/stores/postgres-database';
import { postgresSchema } from '../../src/stores/postgres-schema';
import { MIGRATIONS, SCHEMA_VERSION } from '../../src/stores/sql-migrations';
import { sqliteBuilder } from '../../src/stores/sqlite-database';
import { APPLICATION_ID, SQLITE_SCHEMA } from '../../src/stores/sqlite-schema';
import { numbered } from '../../src/testing';
import { kernelError } from '../kernel/kernel-error-matcher';
import { PostgresForTests } from '../stores/postgres-place';

const ABC = Buffer.from('abc');

let postgres: PostgresForTests;
let directory: string;
let files = 0;
const opened: { close(): unknown }[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sql-artifacts-'));
  postgres = await PostgresForTests.start();
});
afterEach(async () => {
  for (const handle of opened.splice(0)) await handle.close();
});
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await postgres.stop();
});

const newPath = (): string => join(directory, `${(files += 1)}.db`);

function keep<T extends { close(): unknown }>(handle: T): T {
  opened.push(handle);
  return handle;
}

const textAt = async (artifacts: SqlArtifacts, address: string): Promise<string> =>
  Buffer.from(await artifacts.getBytes(address)).toString();

/** The statements that led to version 1. */
const FIRST = {
  sqlite: () => MIGRATIONS[0]!(sqliteBuilder(), SQLITE_SCHEMA),
  postgres: (schema: string) => MIGRATIONS[0]!(postgresBuilder(schema), postgresSchema(schema)),
};

describe('given a database of the version before artifacts, when it is opened, then it has both what it had and artifacts', () => {
  test('SQLite', async () => {
    const path = newPath();
    const old = new Database(path);
    for (const sql of FIRST.sqlite()) old.exec(sql);
    old.exec(`INSERT INTO events (tenant_id, run_id, seq, event) VALUES ('default', 'r', 1, '"Completed"')`);
    old.pragma(`application_id = ${APPLICATION_ID}`);
    old.pragma('user_version = 1');
    old.close();
    const store = keep(SqliteStore.open(path));
    const artifacts = new SqlArtifacts(store);
    expect(await textAt(artifacts, await artifacts.putBytes(ABC))).toBe('abc');
    expect(await store.head('r')).toBe(1);
    expect(keep(new Database(path)).pragma('user_version', { simple: true })).toBe(SCHEMA_VERSION);
  });

  test.each(['an ordinary role', 'a superuser, who steps down'])('PostgreSQL, by %s', async (who) => {
    const url = who === 'an ordinary role' ? postgres.url : postgres.superuserUrl;
    const schema = `${postgres.schema}_old${(files += 1)}`;
    await postgres.query(`CREATE SCHEMA ${schema}`, [], url);
    await postgres.query(
      `CREATE TABLE ${schema}.migrations (version bigint PRIMARY KEY, applied_at timestamptz)`,
      [],
      url,
    );
    await postgres.query(`INSERT INTO ${schema}.migrations VALUES (1, now())`, [], url);
    for (const sql of FIRST.postgres(schema)) await postgres.query(sql, [], url);
    const store = keep(await postgres.open({ schema, url }));
    const artifacts = new SqlArtifacts(store);
    expect(await textAt(artifacts, await artifacts.putBytes(ABC))).toBe('abc');
    expect(await store.append('r', numbered('a', 1))).toBe(1);
  });
});

test('the migration to version 1, which databases have gone through, is still the same', () => {
  const hash = (statements: readonly string[]): string =>
    createHash('sha256').update(JSON.stringify(statements)).digest('hex');
  expect([hash(FIRST.sqlite()), hash(FIRST.postgres('temporal_kernel'))]).toEqual([
    'd2b859f83b4a2dedc14b201e63e7f9b2cd8a19b8d608a03274a16ab251edeee4',
    '1c4b4f1bab878965c81aa740a330008c94878ef5988f0d65fb19ea7096905ff2',
  ]);
});

describe('given an artifact, when somebody goes past the store', () => {
  const CHANGES = [
    `UPDATE artifacts SET content = substr(content, 2)`,
    `UPDATE artifacts SET tenant_id = 'other'`,
    `UPDATE artifacts SET stored_at_ms = 0`,
    `INSERT INTO artifacts SELECT * FROM artifacts`,
  ];

  test('then SQLite does not let it be changed, and lets it be deleted', async () => {
    const path = newPath();
    const artifacts = new SqlArtifacts(keep(SqliteStore.open(path)));
    const address = await artifacts.putBytes(ABC);
    const stranger = keep(new Database(path));
    for (const sql of [...CHANGES, 'REPLACE INTO artifacts SELECT * FROM artifacts']) {
      expect(() => stranger.exec(sql)).toThrow(/is never changed|is added once/);
    }
    expect(await textAt(artifacts, address)).toBe('abc');
    stranger.exec('DELETE FROM artifacts');
    await expect(artifacts.getBytes(address)).rejects.toEqual(kernelError('ArtifactMissing'));
  });

  test('then PostgreSQL does not let it be changed, and lets it be deleted', async () => {
    const schema = `${postgres.schema}_past`;
    const artifacts = new SqlArtifacts(keep(await postgres.open({ schema })));
    const address = await artifacts.putBytes(ABC);
    for (const sql of CHANGES) {
      // The superuser himself, whom neither a policy nor a grant would stop.
      await expect(postgres.query(sql.replaceAll('artifacts', `${schema}.artifacts`))).rejects.toThrow(
        /is never changed|duplicate key/,
      );
    }
    expect(await textAt(artifacts, address)).toBe('abc');
    await postgres.query(`DELETE FROM ${schema}.artifacts`);
    await expect(artifacts.getBytes(address)).rejects.toEqual(kernelError('ArtifactMissing'));
  });

  test('then what was changed all the same is not kept once more in silence', async () => {
    const path = newPath();
    const artifacts = new SqlArtifacts(keep(SqliteStore.open(path)));
    await artifacts.putBytes(ABC);
    keep(new Database(path)).exec(`DROP TRIGGER artifacts_no_update; UPDATE artifacts SET content = x'00'`);
    await expect(artifacts.putBytes(ABC)).rejects.toEqual(kernelError('ArtifactChanged'));
  });
});

test.each(['an ordinary role', 'a superuser, who steps down'])(
  'given a statement that forgets its tenant, on the connection of %s, then it sees and writes no other’s artifacts',
  async (who) => {
    const schema = `${postgres.schema}_rls${(files += 1)}`;
    const url = who === 'an ordinary role' ? postgres.url : postgres.superuserUrl;
    const mine = keep(await postgres.open({ schema, url, tenant: 'mine' }));
    const theirs = keep(await postgres.open({ schema, url, tenant: 'theirs' }));
    await new SqlArtifacts(mine).putBytes(Buffer.from('mine'));
    const address = await new SqlArtifacts(theirs).putBytes(Buffer.from('theirs'));
    const [rows] = await mine.database.read({ sql: `SELECT tenant_id FROM ${schema}.artifacts`, values: [] });
    expect(rows).toEqual([{ tenant_id: 'mine' }]);
    const write = (sql: string): Promise<null> =>
      mine.database.change({ key: 'k', reads: [], decide: () => ({ writes: [{ sql, values: [] }], value: null }) });
    const foreign = `INSERT INTO ${schema}.artifacts VALUES ('theirs', 'x', '', 0)`;
    await expect(write(foreign)).rejects.toMatchObject({ code: '42501' });
    await write(`DELETE FROM ${schema}.artifacts WHERE tenant_id = 'theirs'`).catch(() => undefined);
    expect(await textAt(new SqlArtifacts(theirs), address)).toBe('theirs');
  },
);

test('given a connection that is lost at the commit, when nobody knows whether it is in, then it is put again', async () => {
  const { database } = keep(SqliteStore.open(newPath()));
  let losses = 1;
  const flaky = Object.create(database, {
    change: {
      value: async (change: Parameters<SqlDatabase['change']>[0]) => {
        const value = await database.change(change);
        if (losses-- > 0) throw new KernelError('OutcomeUnknown', 'the connection was lost');
        return value;
      },
    },
    read: { value: database.read.bind(database) },
    tenant: { value: database.tenant },
    failure: { value: database.failure.bind(database) },
  }) as SqlDatabase;
  const artifacts = new SqlArtifacts({ database: flaky });
  expect(await textAt(artifacts, await artifacts.putBytes(ABC))).toBe('abc');
  losses = 2;
  await expect(artifacts.putBytes(ABC)).rejects.toEqual(kernelError('OutcomeUnknown'));
});

test('given a store that was closed, then its artifacts say that they can’t be had', async () => {
  const artifacts = await openArtifacts(`sqlite:${newPath()}`);
  const address = await artifacts.putBytes(ABC);
  await artifacts.close();
  await expect(artifacts.putBytes(ABC)).rejects.toEqual(kernelError('ArtifactStore'));
  await expect(artifacts.getBytes(address)).rejects.toEqual(kernelError('ArtifactStore'));
});

describe('given the name of a place, when it is opened', () => {
  test('then a folder, an SQLite file and a PostgreSQL database each keep what they are given', async () => {
    const folder = join(directory, 'folder');
    for (const place of [folder, `sqlite:${newPath()}`, postgres.url]) {
      const address = await (async () => {
        const artifacts = await openArtifacts(place, { tenant: 'acme' });
        try {
          return await artifacts.putBytes(ABC);
        } finally {
          await artifacts.close();
        }
      })();
      const again = keep(await openArtifacts(place, { tenant: 'acme' }));
      expect(Buffer.from(await again.getBytes(address)).toString()).toBe('abc');
      const other = keep(await openArtifacts(place));
      await expect(other.getBytes(address)).rejects.toEqual(kernelError('ArtifactMissing'));
    }
  });

  test('then what is no place is refused, and a file is told from a folder', async () => {
    const path = newPath();
    writeFileSync(path, 'text');
    await expect(openArtifacts(path)).rejects.toMatchObject({
      code: 'ArtifactStore',
      message: expect.stringContaining(`an SQLite file is sqlite:${path}`),
    });
    for (const place of ['', 'nul\0']) {
      await expect(openArtifacts(place)).rejects.toEqual(kernelError('ArtifactStore'));
    }
    await expect(openArtifacts(`sqlite:${join(directory, 'nowhere', 'a.db')}`)).rejects.toEqual(
      kernelError('EventStore'),
    );
    await expect(openArtifacts('folder', { tenant: '' })).rejects.toEqual(kernelError('InvalidTenant'));
  });
});
