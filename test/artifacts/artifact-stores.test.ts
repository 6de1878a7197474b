/** Stores of artifacts: the contract on each. */
import { artifactStoreContract, type ArtifactPlace } from '../../src/testing';
import { PostgresForTests } from '../stores/postgres-place';
import { bucketPlace, folderPlace, memoryPlace, postgresPlace, sqlitePlace } from './artifact-places';
import { Bucket } from './bucket';

let postgres: PostgresForTests;
let bucket: Bucket;
beforeAll(async () => {
  postgres = await PostgresForTests.start();
  bucket = await Bucket.start();
});
afterAll(async () => {
  await postgres.stop();
  await bucket.stop();
});

const PLACES: readonly (readonly [string, () => ArtifactPlace | Promise<ArtifactPlace>])[] = [
  ['memory', memoryPlace],
  ['a folder', folderPlace],
  ['SQLite', sqlitePlace],
  ['PostgreSQL', () => postgresPlace(postgres)],
  ['a bucket', () => bucketPlace(bucket)],
];

describe.each(PLACES)('artifacts in %s keep the contract', (_, makePlace) => {
  for (const { name, run } of artifactStoreContract(makePlace)) test(name, run);
});
