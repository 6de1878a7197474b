/** Places for artifacts: where the contract is held against real ones. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { FileArtifacts, MemoryArtifacts, S3Artifacts, type ArtifactMemory } from '../../src/artifacts';
import { DEFAULT_TENANT, sha256Hex } from '../../src/kernel';
import { openArtifacts, SqlArtifacts, type PostgresStore } from '../../src/stores';
import type { ArtifactPlace } from '../../src/testing';
import type { PostgresForTests } from '../stores/postgres-place';
import type { Bucket } from './bucket';

/** A new memory. */
export function memoryPlace(): ArtifactPlace {
  const memory: ArtifactMemory = new Map();
  return {
    open: (tenant) => new MemoryArtifacts(tenant, memory),
    damage: (address, content) => memory.get(DEFAULT_TENANT)?.set(address, content),
  };
}

/** A new folder. */
export async function folderPlace(): Promise<ArtifactPlace & { readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'temporal-kernel-artifacts-'));
  return {
    folder,
    open: (tenant) => new FileArtifacts(folder, { tenant }),
    damage: (address, content) => writeFile(pathIn(folder, address), content),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Where a folder has an artifact of the tenant `default`. */
export function pathIn(folder: string, address: string): string {
  const hash = address.slice('sha256:'.length);
  return join(folder, hash.slice(0, 2), hash);
}

/** A new SQLite file; every store has a handle of its own. */
export async function sqlitePlace(): Promise<ArtifactPlace> {
  const directory = await mkdtemp(join(tmpdir(), 'temporal-kernel-artifacts-'));
  const path = join(directory, 'artifacts.db');
  return {
    open: (tenant) => openArtifacts(`sqlite:${path}`, { tenant }),
    damage: (address, content) => {
      const db = new Database(path);
      db.exec('DROP TRIGGER IF EXISTS artifacts_no_update');
      db.prepare('UPDATE artifacts SET content = ? WHERE tenant_id = ? AND address = ?').run(
        Buffer.from(content),
        DEFAULT_TENANT,
        address,
      );
      db.close();
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

let schemas = 0;

/** A new schema in PostgreSQL; every store has a connection of its own. */
export function postgresPlace(postgres: PostgresForTests): ArtifactPlace {
  const schema = `${postgres.schema}_a${(schemas += 1)}`;
  const opened: PostgresStore[] = [];
  return {
    open: async (tenant) => {
      const store = await postgres.open({ tenant, schema, connections: 1 });
      opened.push(store);
      return new SqlArtifacts(store);
    },
    damage: async (address, content) => {
      await postgres.query(`ALTER TABLE ${schema}.artifacts DISABLE TRIGGER ALL`);
      await postgres.query(`UPDATE ${schema}.artifacts SET content = $1 WHERE address = $2`, [
        Buffer.from(content),
        address,
      ]);
    },
    remove: async () => {
      for (const store of opened) await store.close();
      await postgres.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    },
  };
}

/** A new prefix in a bucket. */
export function bucketPlace(bucket: Bucket): ArtifactPlace {
  const prefix = `place-${(schemas += 1)}`;
  return {
    open: (tenant) => new S3Artifacts({ client: bucket.client, bucket: 'kept', prefix, tenant }),
    damage: (address, content) =>
      bucket.objects.set(
        `/kept/${prefix}/${sha256Hex(DEFAULT_TENANT)}/${address.slice('sha256:'.length)}`,
        Buffer.from(content),
      ),
  };
}
