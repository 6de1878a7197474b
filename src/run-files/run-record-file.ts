/**
 * Run records on disk.
 *
 * Guarantees: a save leaves the old file or the new one, whole; what is secret by its look or its name is not on disk (`secrets.ts`); what
 * is loaded and saved again is the same record, fields that nobody here knows included. Neither changes the record that it is given.
 */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isKernelError, KernelError, messageOf, type RunId } from '../kernel';
import {
  ACTION_GRAPH_TOPIC,
  actionGraphUpdateOf,
  decodeRunRecord,
  HITL_QUESTIONS_TOPIC,
  idOfRunRecord,
  parseRecordJson,
  placedRunRecord,
  redactSecrets,
  runRecordText,
  topicBatches,
  type RunRecordDocument,
  type TopicLog,
  type TopicRecord,
} from '../records';
import { writeFileAtomically } from '../files/atomic-file';
import { placeOf } from './llm-sidecar-file';
import { defaultRunsFolder, isRunRecordFile, runRecordPath } from './run-record-path';

/** The largest record that is read, in bytes. */
export const RUN_RECORD_BYTES_MAX = 256 * 1024 * 1024;

/** Files that a listing looks at, at most; more are refused, because a list that leaves out some would be believed. */
export const RUN_RECORDS_LISTED_MAX = 10_000;

export interface SaveRunRecordOptions {
  /** The file. Default: `{folder}/{id}.json`. */
  readonly path?: string;
  /** The folder of run records. Default: `defaultRunsFolder()`. */
  readonly folder?: string;
  /** Where questions to people are found, and the new action graph is told of. */
  readonly topics?: TopicLog;
  /** Now, in milliseconds since 1970. Default: the clock's. */
  readonly nowMs?: number;
}

/** A record as it was saved. */
export interface SavedRunRecord {
  readonly path: string;
  /** What is in the file. */
  readonly record: RunRecordDocument;
  /** Why the log of topics was not told; null when it was, or when there is none. The file is written all the same. */
  readonly publishError: Error | null;
}

/**
 * Saves a record.
 *
 * @throws KernelError `InvalidRunRecord` for one without an id; `RunRecordFile` where the folder's file is another run's, or can't be written
 */
export async function saveRunRecord(
  run: RunRecordDocument,
  options: SaveRunRecordOptions = {},
): Promise<SavedRunRecord> {
  const id = idOfRunRecord(run);
  const { path = runRecordPath(id, options.folder), topics } = options;
  assertPath(path);
  if (options.path === undefined) await assertOwnFile(path, id);
  const questions = topics === undefined ? [] : await questionsIn(topics);
  // Before, because what is made of the record must be made of what stays; after, because more has come in.
  const clean = redactSecrets(decodeRunRecord(run));
  const record = redactSecrets(placedRunRecord(clean, await placeOf(path), questions));
  const text = runRecordText(record);
  try {
    await writeFileAtomically(path, text);
  } catch (error) {
    throw new KernelError('RunRecordFile', `the run record can't be written to ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const publishError = topics === undefined ? null : await publish(topics, record, options.nowMs ?? Date.now());
  return { path, record, publishError };
}

/**
 * Loads a record. What it does not say of itself is made from what it says and from its file's name, so that loading it twice gives the
 * same.
 *
 * @throws KernelError `RunRecordNotFound`, `InvalidRunRecord`, `RunRecordFile`
 */
export async function loadRunRecord(path: string): Promise<RunRecordDocument> {
  assertPath(path);
  const run = await readRunRecord(path);
  const named = run.id === '' ? decodeRunRecord({ ...run, id: basename(path).replace(/\.json$/, '') }) : run;
  return placedRunRecord(named, await placeOf(path));
}

/** Loads a run's record from the folder. @throws KernelError `RunRecordNotFound`, `InvalidRunRecord`, `RunRecordFile` */
export async function loadRunRecordOf(runId: RunId, folder?: string): Promise<RunRecordDocument> {
  return await loadRunRecord(runRecordPath(runId, folder));
}

/** A record in the folder, or why it can't be read. */
export type ListedRunRecord =
  | {
      readonly path: string;
      readonly id: string;
      readonly workflowId: string;
      readonly status: string;
      readonly startedAt: string;
      readonly finishedAt: string | null;
    }
  | { readonly path: string; readonly error: KernelError };

/**
 * The records in a folder, by their file names. A folder that is not there has none.
 *
 * @throws KernelError `RunRecordFile`
 */
export async function listRunRecords(folder: string = defaultRunsFolder()): Promise<readonly ListedRunRecord[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw new KernelError('RunRecordFile', `the folder of run records can't be read: ${messageOf(error)}`);
  });
  const files = names.filter(isRunRecordFile).sort();
  if (files.length > RUN_RECORDS_LISTED_MAX) {
    const reason = `there are ${files.length} run records in ${folder}, and a listing has at most ${RUN_RECORDS_LISTED_MAX}`;
    throw new KernelError('RunRecordFile', reason);
  }
  const listed: ListedRunRecord[] = [];
  for (const name of files) {
    listed.push(await listedAt(join(folder, name)));
  }
  return listed;
}

async function listedAt(path: string): Promise<ListedRunRecord> {
  try {
    const run = await readRunRecord(path);
    const { id, workflow_id: workflowId, status, started_at: startedAt, finished_at: finishedAt } = run;
    return { path, id, workflowId, status, startedAt, finishedAt };
  } catch (error) {
    if (isKernelError(error)) return { path, error };
    throw error;
  }
}

/** A record as it stands in its file. */
async function readRunRecord(path: string): Promise<RunRecordDocument> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const code = isMissing(error) ? 'RunRecordNotFound' : 'RunRecordFile';
    throw new KernelError(code, `the run record ${path} can't be read: ${messageOf(error)}`, { cause: error });
  }
  if (bytes.length > RUN_RECORD_BYTES_MAX) {
    throw new KernelError('RunRecordFile', `${path} is larger than ${RUN_RECORD_BYTES_MAX} bytes`);
  }
  try {
    // A byte order mark is no part of JSON.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return decodeRunRecord(parseRecordJson(text));
  } catch (error) {
    if (isKernelError(error)) throw new KernelError('InvalidRunRecord', `${path}: ${error.message}`, { cause: error });
    throw new KernelError('InvalidRunRecord', `${path} is not written in UTF-8`, { cause: error });
  }
}

/** On a disk that does not tell large letters from small ones, two ids can lead to one file. */
async function assertOwnFile(path: string, id: string): Promise<void> {
  let stored: RunRecordDocument;
  try {
    stored = await readRunRecord(path);
  } catch (error) {
    if (isKernelError(error, 'RunRecordNotFound')) return;
    throw error;
  }
  if (stored.id === '' || stored.id === id || stored.id === redactSecrets(id)) return;
  const others = `the record of run ${JSON.stringify(stored.id)}, and not of ${JSON.stringify(id)}`;
  throw new KernelError('RunRecordFile', `${path} has ${others}`);
}

async function questionsIn(topics: TopicLog): Promise<readonly TopicRecord[]> {
  const questions: TopicRecord[] = [];
  for await (const batch of topicBatches(topics, HITL_QUESTIONS_TOPIC)) questions.push(...batch);
  return questions;
}

async function publish(topics: TopicLog, record: RunRecordDocument, nowMs: number): Promise<Error | null> {
  try {
    await topics.append(ACTION_GRAPH_TOPIC, actionGraphUpdateOf(record, nowMs));
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error));
  }
}

function assertPath(path: string): void {
  if (path !== '' && !path.includes('\0')) return;
  throw new KernelError('RunRecordFile', 'a path is a text that is not empty, and has no NUL in it');
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
