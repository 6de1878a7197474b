/**
 * Artifacts in a SQL database, beside the log store of the same tenant.
 *
 * Guarantees: every statement names the store's tenant; two who keep one content at once both have it kept; what is there already is
 * verified before its address is given once more. It must not know which database it is on.
 */
import type { Kysely } from 'kysely';
import { assertAddress, ownCopy, verified, type ArtifactStore } from '../artifacts';
import type { Address } from '../kernel/artifact';
import { isKernelError } from '../kernel/error';
import type { TenantId } from '../kernel/tenant';
import { bulkInsert, type BulkInsert } from './sql-bulk-insert';
import type { SqlDatabase } from './sql-database';
import type { ArtifactTable, StoreSchema } from './sql-schema';
import { statement, type Statement } from './sql-statement';

interface ArtifactKey {
  readonly tenant: TenantId;
  readonly address: Address;
}

interface Statements {
  readonly content: Statement<ArtifactKey, Pick<ArtifactTable, 'content'>>;
  readonly insert: BulkInsert<ArtifactTable>;
}

/** Keeps one tenant's artifacts in a SQL database. */
export class SqlArtifacts implements ArtifactStore {
  readonly #database: SqlDatabase;
  readonly #statements: Statements;

  /** @param store a store on the database, opened for the tenant: whoever opened it closes it */
  constructor({ database }: { readonly database: SqlDatabase }) {
    this.#database = database;
    this.#statements = statements(database.build);
  }

  /** The tenant that the store was opened for. */
  get tenant(): TenantId {
    return this.#database.tenant;
  }

  /**
   * Keeps content: see {@link ArtifactStore.putBytes}.
   *
   * @throws KernelError `ArtifactTooLarge`; `ArtifactChanged` when what is there under its address is something else; `StoreBusy`,
   *   `OutcomeUnknown` or `ArtifactStore` when the database can't be written
   */
  async putBytes(given: Uint8Array): Promise<Address> {
    const { address, content } = ownCopy(given);
    return await this.#attempt('keep', address, async () => {
      const put = (): Promise<void> => this.#put(address, content);
      // Whether it is in or not, to put it again is right.
      await put().catch(async (error: unknown) => {
        if (!isKernelError(error, 'OutcomeUnknown')) throw error;
        await put();
      });
      return address;
    });
  }

  /**
   * The content of an address: see {@link ArtifactStore.getBytes}.
   *
   * @throws KernelError `ArtifactMissing`, `ArtifactChanged`, `InvalidAddress`; `ArtifactStore` when the database can't be read
   */
  async getBytes(address: Address): Promise<Uint8Array> {
    assertAddress(address);
    return await this.#attempt('read', address, async () => {
      const [[row]] = await this.#database.read(this.#statements.content({ tenant: this.tenant, address }));
      return new Uint8Array(verified(address, row?.content ?? null));
    });
  }

  /** Does nothing: the database belongs to the store that it was made on. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  async #put(address: Address, content: Uint8Array): Promise<void> {
    const { tenant } = this;
    await this.#database.change({
      key: `artifact ${address}`,
      reads: [this.#statements.content({ tenant, address })],
      decide: ([[row]]) => {
        if (row !== undefined) {
          verified(address, row.content);
          return { writes: [], value: undefined };
        }
        // The drivers know bytes by Node.js's own class.
        const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
        const added = { tenant_id: tenant, address, content: bytes, stored_at_ms: Date.now() };
        return { writes: this.#statements.insert([added]), value: undefined };
      },
    });
  }

  async #attempt<T>(task: string, address: Address, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.#database.failure('ArtifactStore', `${task} artifact ${address} in ${this.#database.place}`, error);
    }
  }
}

/** Built once per store. */
function statements(db: Kysely<StoreSchema>): Statements {
  return {
    content: statement((key: ArtifactKey) =>
      db
        .selectFrom('artifacts')
        .select('content')
        .where('tenant_id', '=', key.tenant)
        .where('address', '=', key.address),
    ),
    insert: bulkInsert<ArtifactTable>(db, 'artifacts', ['tenant_id', 'address', 'content', 'stored_at_ms']),
  };
}
