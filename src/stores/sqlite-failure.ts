/**
 * What SQLite throws, in the kernel's words.
 *
 * Guarantees: nothing but a KernelError leaves the store, and the original is its `cause`. Errors are told apart by
 * their code, not their class: the native addon keeps one class per process, module registries may hold several.
 */
import { isKernelError, KernelError, messageOf, type KernelErrorCode } from '../kernel/error';
import type { StorePart } from './sql-database';

const DAMAGED: Readonly<Record<StorePart, KernelErrorCode>> = {
  EventStore: 'LogCorrupt',
  SnapshotStore: 'SnapshotCorrupt',
  ArtifactStore: 'ArtifactChanged',
};

/** Whether SQLite gave up because somebody else holds the file. */
export function isBusy(error: unknown): boolean {
  return codeOf(error).startsWith('SQLITE_BUSY');
}

/** Whether a file has no SQLite database in it. */
export function isNoDatabase(error: unknown): boolean {
  return codeOf(error).startsWith('SQLITE_NOTADB');
}

/**
 * The kernel error for whatever a call of SQLite threw; a kernel error is given back as it is.
 *
 * @param task what was being done, for the message: `append to run "r" in /data/log.db`
 */
export function sqliteFailure(part: StorePart, task: string, error: unknown): KernelError {
  if (isKernelError(error)) return error;
  const message = `${task}: ${reasonOf(error)}`;
  return new KernelError(kindOf(part, error), message, { cause: error });
}

function kindOf(part: StorePart, error: unknown): KernelErrorCode {
  if (isBusy(error)) return 'StoreBusy';
  // A file that ends too soon is a damaged one.
  const damaged = ['SQLITE_CORRUPT', 'SQLITE_NOTADB', 'SQLITE_IOERR_SHORT_READ'];
  return damaged.some((code) => codeOf(error).startsWith(code)) ? DAMAGED[part] : part;
}

function reasonOf(error: unknown): string {
  if (isBusy(error)) return `another writer held the file for longer than the busy timeout (${messageOf(error)})`;
  if (messageOf(error).startsWith('Could not locate the bindings file')) {
    return (
      'the native part of better-sqlite3 is not installed: allow its install script with ' +
      '"allowScripts": { "better-sqlite3": true } in package.json, and run npm rebuild better-sqlite3'
    );
  }
  return messageOf(error);
}

function codeOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  return '';
}
