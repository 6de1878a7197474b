/** Opening a place for artifacts by name: a folder, an SQLite file, or the URL of a PostgreSQL database. */
import { statSync } from 'node:fs';
import { FileArtifacts, type ArtifactStore } from '../artifacts';
import { KernelError } from '../kernel/error';
import { isPostgresUrl, openStore, type StoreOptions } from './open-store';
import { SqlArtifacts } from './sql-artifacts';
import type { SqlStore } from './sql-store';

/** What the name of an SQLite file begins with: its path alone would be a folder's. */
const SQLITE_SCHEME = 'sqlite:';

/** Artifacts in a database that nobody else has opened: closed together. */
class OpenedArtifacts extends SqlArtifacts {
  readonly #store: SqlStore;

  constructor(store: SqlStore) {
    super(store);
    this.#store = store;
  }

  override async close(): Promise<void> {
    await this.#store.close();
  }
}

/**
 * Opens the place for artifacts that a text names: `postgres://…` or `postgresql://…` is a PostgreSQL database, `sqlite:PATH` an SQLite
 * file, anything else a folder. A database may have runs in it too.
 *
 * @throws KernelError as `openStore`; `ArtifactStore` for a folder that is a file
 */
export async function openArtifacts(place: string, options: StoreOptions = {}): Promise<ArtifactStore> {
  if (isPostgresUrl(place)) return new OpenedArtifacts(await openStore(place, options));
  if (place.startsWith(SQLITE_SCHEME)) {
    return new OpenedArtifacts(await openStore(place.slice(SQLITE_SCHEME.length), options));
  }
  if (place === '' || place.includes('\0')) {
    throw new KernelError('ArtifactStore', 'a folder is named by a text that is not empty, and has no NUL in it');
  }
  if (statSync(place, { throwIfNoEntry: false })?.isDirectory() === false) {
    throw new KernelError(
      'ArtifactStore',
      `${place} is a file and no folder; an SQLite file is ${SQLITE_SCHEME}${place}`,
    );
  }
  const { tenant } = options;
  return new FileArtifacts(place, tenant === undefined ? {} : { tenant });
}
