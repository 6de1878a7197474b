/**
 * A data converter as production has them: payloads are compressed, then encrypted (AES-256-GCM), and the larger ones lie in a folder
 * beside the server. `PAYLOAD_FOLDER` names that folder; without it there is none.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import {
  ExternalStorage,
  StorageDriverClaim,
  type DataConverter,
  type Payload,
  type PayloadCodec,
  type StorageDriver,
} from '@temporalio/common';
import { temporal } from '@temporalio/proto';

const { Payload: PayloadMessage } = temporal.api.common.v1;
const KEY = createHash('sha256').update('a key for tests').digest();

/** Payloads larger than this, in bytes, lie in the folder. */
const EXTERNAL_FROM_BYTES = 250;

/** Wraps payloads, and leaves alone what it did not wrap. */
class Wrapping implements PayloadCodec {
  readonly #encoding: string;
  readonly #wrap: (bytes: Uint8Array) => Uint8Array;
  readonly #unwrap: (bytes: Uint8Array) => Uint8Array;

  constructor(encoding: string, wrap: (bytes: Uint8Array) => Uint8Array, unwrap: (bytes: Uint8Array) => Uint8Array) {
    this.#encoding = encoding;
    this.#wrap = wrap;
    this.#unwrap = unwrap;
  }

  encode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.resolve(
      payloads.map((payload) => ({
        metadata: { encoding: Buffer.from(this.#encoding) },
        data: this.#wrap(PayloadMessage.encode(payload).finish()),
      })),
    );
  }

  decode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.resolve(
      payloads.map((payload) => {
        if (Buffer.from(payload.metadata?.['encoding'] ?? []).toString() !== this.#encoding) return payload;
        return PayloadMessage.decode(this.#unwrap(payload.data ?? new Uint8Array()));
      }),
    );
  }
}

export const compression = new Wrapping('binary/deflate', deflateRawSync, inflateRawSync);

export const encryption = new Wrapping(
  'binary/encrypted',
  (bytes) => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', KEY, nonce);
    const sealed = [cipher.update(bytes), cipher.final()];
    return Buffer.concat([nonce, ...sealed, cipher.getAuthTag()]);
  },
  (bytes) => {
    const decipher = createDecipheriv('aes-256-gcm', KEY, bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
  },
);

/** Keeps payloads as files. */
export class FolderDriver implements StorageDriver {
  readonly name = 'folder';
  readonly type = 'test.folder';
  /** Claims that were kept. */
  stored = 0;
  readonly #folder: string;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.#folder = folder;
  }

  store(_context: unknown, payloads: Payload[]): Promise<StorageDriverClaim[]> {
    const claims = payloads.map((payload) => {
      const bytes = PayloadMessage.encode(payload).finish();
      const file = createHash('sha256').update(bytes).digest('hex');
      writeFileSync(join(this.#folder, file), bytes);
      this.stored += 1;
      return new StorageDriverClaim({ file });
    });
    return Promise.resolve(claims);
  }

  retrieve(_context: unknown, claims: StorageDriverClaim[]): Promise<Payload[]> {
    return new Promise((resolve) => {
      resolve(
        claims.map(({ claimData }) => PayloadMessage.decode(readFileSync(join(this.#folder, claimData['file']!)))),
      );
    });
  }
}

/** The data converter; with a driver, larger payloads go there. */
export function sealing(driver?: StorageDriver): DataConverter {
  const externalStorage =
    driver === undefined
      ? {}
      : { externalStorage: new ExternalStorage({ drivers: [driver], payloadSizeThreshold: EXTERNAL_FROM_BYTES }) };
  return {
    payloadCodecs: [compression, encryption],
    failureConverterPath: require.resolve('./sealed-failures'),
    ...externalStorage,
  };
}

const folder = process.env['PAYLOAD_FOLDER'];

export const dataConverter: DataConverter = sealing(folder === undefined ? undefined : new FolderDriver(folder));
