/**
 * Artifacts in a bucket of S3, or of whatever speaks its protocol: for any number of machines.
 *
 *     {prefix}/{hash of the tenant}/{64 hex digits}
 *
 * It is made on the client of Temporal's external storage (`S3StorageDriverClient` of `@temporalio/external-storage-s3`), so that one
 * client serves both. A storage driver itself can't serve: what it has stored is found again by a claim of its own making only, and an
 * address would need a second store that says which claim is its.
 *
 * Guarantees: no address and no tenant leads out of the prefix, and no two tenants to one object. An object is there whole or not at all,
 * because that is what S3 says of a put.
 */
import { assertTenantId, DEFAULT_TENANT, KernelError, sha256Hex, type Address, type TenantId } from '../kernel';
import type { ArtifactStore } from './artifact-store';
import { artifactFailure, assertAddress, ownCopy, verified } from './content-address';

/** What is needed of a client: `S3StorageDriverClient` has it, `AwsSdkS3StorageDriverClient` for one. */
export interface S3ArtifactsClient {
  /** Puts an object there, durably when it has returned. */
  putObject(bucket: string, key: string, data: Uint8Array): Promise<void>;
  /** Whether there is such an object. */
  objectExists(bucket: string, key: string): Promise<boolean>;
  /** Gives an object; throws when there is none. */
  getObject(bucket: string, key: string): Promise<Uint8Array>;
}

export interface S3ArtifactsOptions {
  readonly client: S3ArtifactsClient;
  readonly bucket: string;
  /** What every key begins with; `artifacts` unless given. */
  readonly prefix?: string;
  /** Whose artifacts they are; `default` unless given. */
  readonly tenant?: TenantId;
}

/** What a prefix may be: names between single slashes. */
const PREFIX = /^[A-Za-z0-9!_.*'()-]+(?:\/[A-Za-z0-9!_.*'()-]+)*$/;

export class S3Artifacts implements ArtifactStore {
  readonly #client: S3ArtifactsClient;
  readonly #bucket: string;
  /** What the keys of this tenant begin with. */
  readonly #folder: string;

  /** @throws KernelError `InvalidTenant`; `ArtifactStore` for a bucket or prefix that is none */
  constructor({ client, bucket, prefix = 'artifacts', tenant = DEFAULT_TENANT }: S3ArtifactsOptions) {
    assertTenantId(tenant);
    if (bucket === '') throw new KernelError('ArtifactStore', 'a bucket has a name');
    if (!PREFIX.test(prefix) || prefix.split('/').some((part) => /^\.+$/.test(part))) {
      throw new KernelError(
        'ArtifactStore',
        `${JSON.stringify(prefix)} is no prefix of keys: names with slashes between`,
      );
    }
    this.#client = client;
    this.#bucket = bucket;
    this.#folder = `${prefix}/${sha256Hex(tenant)}`;
  }

  /** @throws KernelError `ArtifactTooLarge`; `ArtifactStore` when the client fails */
  async putBytes(given: Uint8Array): Promise<Address> {
    const { address, content } = ownCopy(given);
    const key = this.#keyOf(address);
    try {
      // One that is there already stays: in a bucket with versions each put would cost its bytes once more.
      if (!(await this.#client.objectExists(this.#bucket, key))) {
        await this.#client.putObject(this.#bucket, key, content);
      }
      return address;
    } catch (error) {
      throw artifactFailure(`keep artifact ${address} in bucket ${this.#bucket}`, error);
    }
  }

  /** @throws KernelError `ArtifactMissing`, `ArtifactChanged`, `InvalidAddress`; `ArtifactStore` when the client fails */
  async getBytes(address: Address): Promise<Uint8Array> {
    assertAddress(address);
    try {
      return new Uint8Array(verified(address, await this.#contentAt(this.#keyOf(address))));
    } catch (error) {
      throw artifactFailure(`read artifact ${address} in bucket ${this.#bucket}`, error);
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #keyOf(address: Address): string {
    return `${this.#folder}/${address.slice('sha256:'.length)}`;
  }

  /** Null when there is no such object. Clients say that in many ways when they are asked for one; so they are asked whether it is there. */
  async #contentAt(key: string): Promise<Uint8Array | null> {
    try {
      return await this.#client.getObject(this.#bucket, key);
    } catch (error) {
      if (!(await this.#client.objectExists(this.#bucket, key))) return null;
      throw error;
    }
  }
}
