/**
 * References to external storage where npm installed several copies of protobufjs, as it does for whoever says nothing about it: the
 * mirror reads them, and the SDK can't write them. (`sealed-payloads.test.ts` has whole runs, with one copy.)
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ExternalStorage, StorageDriverClaim, type Payload, type StorageDriver } from '@temporalio/common';
import { encodeReferencePayload } from '@temporalio/common/lib/internal-non-workflow';
import { isPlainObject } from '../../src/kernel';
import { ExportedHistorySource, Mirror } from '../../src/mirror';
import { MemoryStore } from '../../src/stores';
import { RECORDED_PROGRAMS } from '../histories/recordings';
import { logText } from '../support/log-text';
import type { ExportedPayload } from './mutation/exported-history';

/** Keeps payloads in memory, and is filled by hand. */
class Shelf implements StorageDriver {
  readonly name = 'shelf';
  readonly type = 'test.shelf';
  readonly #payloads = new Map<string, Payload>();

  /** Puts a payload of an exported history there. @returns the reference that a history has in its place */
  put({ metadata, data }: ExportedPayload): ExportedPayload {
    const bytes = Buffer.from(data ?? '', 'base64');
    const key = createHash('sha256').update(bytes).digest('hex');
    this.#payloads.set(key, { metadata: { encoding: Buffer.from(metadata?.encoding ?? '', 'base64') }, data: bytes });
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    const messageType = base64('temporal.api.sdk.v1.ExternalStorageReference');
    return {
      metadata: { encoding: base64('json/protobuf'), messageType } as ExportedPayload['metadata'] & object,
      data: base64(JSON.stringify({ driverName: this.name, claimData: { key } })),
    };
  }

  store(): Promise<StorageDriverClaim[]> {
    return Promise.reject(new Error('nothing is written here'));
  }

  retrieve(_context: unknown, claims: StorageDriverClaim[]): Promise<Payload[]> {
    return Promise.resolve(claims.map(({ claimData }) => this.#payloads.get(claimData['key']!)!));
  }
}

/** The same history with its payloads on the shelf; what is indexed stays, as it does on a server. */
function shelved(value: unknown, shelf: Shelf): unknown {
  if (Array.isArray(value)) return value.map((item) => shelved(item, shelf));
  if (!isPlainObject(value)) return value;
  if (isPlainObject(value['metadata']) && 'data' in value) return shelf.put(value);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === 'searchAttributes' ? item : shelved(item, shelf)]),
  );
}

const copyOf = (name: string): string => require.resolve('protobufjs', { paths: [require.resolve(name)] });

describe('given several copies of protobufjs', () => {
  test.each(['tools-timers-answers', 'failed', 'child', 'continued-with-signals', 'version-2'])(
    'when the payloads of %s lie in external storage, then the mirror makes the same log of it, and verifies it',
    async (name) => {
      const recorded = readFileSync(join(__dirname, '../histories', `${name}.json`), 'utf8');
      const shelf = new Shelf();
      const source = new ExportedHistorySource(shelved(JSON.parse(recorded), shelf) as unknown[]);
      const dataConverter = { externalStorage: new ExternalStorage({ drivers: [shelf] }) };
      const store = new MemoryStore();
      const mirror = new Mirror({ source, dataConverter, programs: RECORDED_PROGRAMS, store });

      await mirror.mirror(name);

      const log = readFileSync(join(__dirname, '../histories', `${name}.log.txt`), 'utf8')
        .trimEnd()
        .split('\n');
      expect(logText(await store.scanLog(name, 1))).toEqual(log);
      expect(await mirror.verify(name)).toMatchObject({ ok: true, problems: [] });
    },
  );

  test('when the SDK itself writes a reference, then it fails: what the README says of external storage is still needed', () => {
    expect(copyOf('@temporalio/common')).not.toBe(copyOf('@temporalio/proto'));
    const claim = new StorageDriverClaim({ key: 'x' });
    expect(() => encodeReferencePayload({ driverName: 'shelf', claim, sizeBytes: 1 })).toThrow('type must be a Type');
  });
});
