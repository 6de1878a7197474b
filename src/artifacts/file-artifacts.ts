/**
 * Artifacts in a folder: for one machine, or for several that share a disk.
 *
 *     {folder}/{first two hex digits}/{64 hex digits}                    of the tenant `default`
 *     {folder}/tenants/{hash of the tenant}/{first two}/{64 hex digits}  of any other
 *
 * Guarantees: a file is there whole or not at all, and on disk when its address is given; no address and no tenant leads out of the
 * folder, and no two tenants into one. (A tenant stands there as a hash, because a disk may not tell large letters from small ones.) A file
 * that was damaged is written anew when its content is kept again.
 */
import { open } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ARTIFACT_BYTES_MAX, assertTenantId, DEFAULT_TENANT, sha256Hex, type Address, type TenantId } from '../kernel';
import { makeFolderDurably, syncFolder, writeFileAtomically } from '../files/atomic-file';
import type { ArtifactStore } from './artifact-store';
import { artifactFailure, assertAddress, changed, ownCopy, verified } from './content-address';

/** How to open a folder. */
export interface FileArtifactsOptions {
  /** Whose artifacts they are; `default` unless given. */
  readonly tenant?: TenantId;
}

export class FileArtifacts implements ArtifactStore {
  /** Where this tenant's artifacts are. */
  readonly folder: string;
  /** The folders whose names are known to be on disk. */
  readonly #made = new Set<string>();

  /**
   * @param folder it is made when the first artifact comes
   * @throws KernelError `InvalidTenant`
   */
  constructor(folder: string, { tenant = DEFAULT_TENANT }: FileArtifactsOptions = {}) {
    assertTenantId(tenant);
    const root = resolve(folder);
    this.folder = tenant === DEFAULT_TENANT ? root : join(root, 'tenants', sha256Hex(tenant));
  }

  /** @throws KernelError `ArtifactTooLarge`; `ArtifactStore` when the folder can't be written */
  async putBytes(given: Uint8Array): Promise<Address> {
    const { address, content } = ownCopy(given);
    const path = this.#pathOf(address);
    try {
      await this.#make(dirname(path));
      const kept = await contentAt(path);
      const isThere = kept instanceof Buffer && kept.equals(content);
      // Whoever wrote it may not have put its name on disk yet.
      await (isThere ? syncFolder(dirname(path)) : writeFileAtomically(path, content));
      return address;
    } catch (error) {
      throw artifactFailure(`keep artifact ${address} in ${this.folder}`, error);
    }
  }

  /** @throws KernelError `ArtifactMissing`, `ArtifactChanged`, `InvalidAddress`; `ArtifactStore` when the folder can't be read */
  async getBytes(address: Address): Promise<Uint8Array> {
    assertAddress(address);
    try {
      const kept = await contentAt(this.#pathOf(address));
      if (kept === 'too large') throw changed(address);
      return new Uint8Array(verified(address, kept));
    } catch (error) {
      throw artifactFailure(`read artifact ${address} in ${this.folder}`, error);
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #pathOf(address: Address): string {
    const hash = address.slice('sha256:'.length);
    return join(this.folder, hash.slice(0, 2), hash);
  }

  async #make(folder: string): Promise<void> {
    if (this.#made.has(folder)) return;
    await makeFolderDurably(folder);
    this.#made.add(folder);
  }
}

/** What is in a file; null when there is none. What no artifact can be is not read. */
async function contentAt(path: string): Promise<Buffer | 'too large' | null> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  });
  if (file === null) return null;
  try {
    const { size } = await file.stat();
    return size > ARTIFACT_BYTES_MAX ? 'too large' : await file.readFile();
  } finally {
    await file.close();
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
