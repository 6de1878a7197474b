/**
 * Payloads that lie in external storage: history has references in their place, and the data converter's storage has them.
 *
 * The SDK reads references too, but not where npm installs more than one copy of protobufjs (see `history-json.ts`). A reference is a
 * few lines of JSON, so it is read here.
 */
import { StorageDriverClaim, type ExternalStorage, type StorageDriver } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { isPlainObject, KernelError, messageOf } from '../kernel';

type Payload = temporal.api.common.v1.IPayload;

const REFERENCE_ENCODING = 'json/protobuf';
const REFERENCE_TYPE = 'temporal.api.sdk.v1.ExternalStorageReference';

/** What a reference says. */
interface Reference {
  readonly driverName: string;
  readonly claim: StorageDriverClaim;
}

/**
 * Puts what references refer to in their place.
 *
 * @param storage what the data converter has; undefined when it has none
 * @throws KernelError `PayloadUnavailable` when the storage does not give it; another error when a reference makes no sense here
 */
export async function withExternal(payloads: Payload[], storage: ExternalStorage | undefined): Promise<Payload[]> {
  if (!payloads.some(isReference)) return payloads;
  if (storage === undefined) {
    throw new Error('it lies in external storage, and the data converter that was given has none (`externalStorage`)');
  }
  const inline: Payload[] = [];
  for (const payload of payloads) inline.push(isReference(payload) ? await fetched(payload, storage) : payload);
  return inline;
}

async function fetched(payload: Payload, storage: ExternalStorage): Promise<Payload> {
  const { driverName, claim } = referenceIn(payload);
  const driver = storage.getDriver(driverName);
  if (driver === null) {
    throw new Error(
      `it lies with the storage driver ${JSON.stringify(driverName)}, which the data converter does not have`,
    );
  }
  return await retrieve(driver, claim);
}

async function retrieve(driver: StorageDriver, claim: StorageDriverClaim): Promise<Payload> {
  let found: Payload | undefined;
  try {
    [found] = await driver.retrieve({}, [claim]);
  } catch (error) {
    const reason = `the storage driver ${driver.name} does not give a payload: ${messageOf(error)}`;
    throw new KernelError('PayloadUnavailable', reason, { cause: error });
  }
  if (found !== undefined) return found;
  throw new KernelError('PayloadUnavailable', `the storage driver ${driver.name} gives no payload for a claim`);
}

function isReference({ metadata }: Payload): boolean {
  return textOf(metadata?.['encoding']) === REFERENCE_ENCODING && textOf(metadata?.['messageType']) === REFERENCE_TYPE;
}

function referenceIn({ data }: Payload): Reference {
  const reference: unknown = JSON.parse(textOf(data));
  const { driverName, claimData } = isPlainObject(reference) ? reference : {};
  if (typeof driverName !== 'string') throw new Error('it is a reference to external storage that names no driver');
  const claims = Object.entries(isPlainObject(claimData) ? claimData : {}).map(([key, value]) => [key, String(value)]);
  return { driverName, claim: new StorageDriverClaim(Object.fromEntries(claims) as Record<string, string>) };
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return new TextDecoder().decode(bytes ?? new Uint8Array());
}
