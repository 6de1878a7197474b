/**
 * Whose run it is: a client that was made for one tenant touches no other's runs, whatever ids it is given. To it, they are not
 * there.
 */
import { DEFAULT_TENANT, type RunId, type TenantId } from '../kernel';
import { runNotFound, tenantOf, type HistoryDecoder, type ServerHistorySource } from '../mirror';

/** Runs that are remembered as the tenant's own. */
const KNOWN_MAX = 10_000;

/** Checks runs, each once. */
export class RunOwnership {
  readonly #tenant: TenantId | null;
  readonly #source: ServerHistorySource;
  readonly #decoder: HistoryDecoder;
  readonly #own = new Set<RunId>();

  /** @param tenant null for a client that may touch every run */
  constructor(tenant: TenantId | null, source: ServerHistorySource, decoder: HistoryDecoder) {
    this.#tenant = tenant;
    this.#source = source;
    this.#decoder = decoder;
  }

  /** The tenant that new runs belong to. */
  get tenant(): TenantId {
    return this.#tenant ?? DEFAULT_TENANT;
  }

  /** Remembers a run as the tenant's own. */
  remember(runId: RunId): void {
    if (this.#tenant === null) return;
    const [oldest] = this.#own;
    if (this.#own.size >= KNOWN_MAX && oldest !== undefined) this.#own.delete(oldest);
    this.#own.add(runId);
  }

  /** @throws KernelError `RunNotFound` for a run that is not there, or is another tenant's */
  async assertOwn(runId: RunId): Promise<void> {
    if (this.#tenant === null || this.#own.has(runId)) return;
    const tenant = await tenantOf(await this.#source.startOf(runId), this.#decoder);
    if (tenant !== this.#tenant) throw runNotFound(runId, undefined);
    this.remember(runId);
  }
}
