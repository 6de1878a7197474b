/**
 * What PostgreSQL and its driver throw, in the kernel's words.
 *
 * Guarantees: nothing but a KernelError leaves the store, and the original is its `cause`. Errors are told apart by their
 * SQLSTATE; an error without one never came from the server, so the connection is gone.
 */
import { isKernelError, KernelError, messageOf, type KernelErrorCode } from '../kernel/error';
import type { StorePart } from './sql-database';

/** The part of the server's errors that matters here: five characters, of which two are the class. */
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** Serialization failure, deadlock, and a row that another writer was faster to insert. */
const CONFLICTS: readonly string[] = ['40001', '40P01', '23505'];

/** The server ends this session or starts none at the moment: it is stopping, starting or recovering. */
const NOT_NOW: readonly string[] = ['57P01', '57P02', '57P03'];

/** What the server does not let us wait for any longer. */
const LOCK_TIMEOUT = '55P03';

const DAMAGED: Readonly<Record<StorePart, KernelErrorCode>> = {
  EventStore: 'LogCorrupt',
  SnapshotStore: 'SnapshotCorrupt',
  ArtifactStore: 'ArtifactChanged',
};

/** The server's code for an error; null when the error is none of the server's. */
export function sqlStateOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  const { code } = error;
  return typeof code === 'string' && 'severity' in error && SQLSTATE.test(code) ? code : null;
}

/** Whether the same transaction may well go through if it is tried again. */
export function isPassing(error: unknown): boolean {
  if (isKernelError(error)) return false;
  const state = sqlStateOf(error);
  return state === null ? isConnectionLost(error) : CONFLICTS.includes(state) || NOT_NOW.includes(state);
}

/** Whether the connection broke, so that nobody knows what the server did last. */
export function isConnectionLost(error: unknown): boolean {
  if (isKernelError(error) || sqlStateOf(error) !== null) return false;
  return /connection|socket|timeout|ECONN|EPIPE|ETIMEDOUT/i.test(`${messageOf(error)} ${codeOf(error)}`);
}

/** The kernel error for whatever a call of the driver threw; a kernel error is given back as it is. */
export function postgresFailure(part: StorePart, task: string, error: unknown): KernelError {
  if (isKernelError(error)) return error;
  return new KernelError(kindOf(part, error), `${task}: ${reasonOf(error)}`, { cause: error });
}

function kindOf(part: StorePart, error: unknown): KernelErrorCode {
  const state = sqlStateOf(error);
  if (state === null) return part;
  if (state === LOCK_TIMEOUT || CONFLICTS.includes(state)) return 'StoreBusy';
  return state.startsWith('XX0') ? DAMAGED[part] : part;
}

function reasonOf(error: unknown): string {
  const state = sqlStateOf(error);
  if (state === LOCK_TIMEOUT)
    return `another writer held the run for longer than the busy timeout (${messageOf(error)})`;
  if (state !== null && CONFLICTS.includes(state)) return `other writers were always faster (${messageOf(error)})`;
  // A refused connection to several addresses has its reasons inside, and no message of its own.
  const inner = error instanceof AggregateError ? error.errors.map(messageOf).join('; ') : '';
  return messageOf(error) || inner || codeOf(error);
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
