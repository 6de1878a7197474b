/**
 * Records a run: its mirrored log and its history become its record, in a file.
 *
 * Guarantees: a run that is recorded again, after it moved on or not, only gains: what a person or a tool wrote into its record stays, and
 * where both say something the run is right. It reads the store and the history, and changes neither.
 */
import { loadDataConverter } from '@temporalio/common/lib/internal-non-workflow';
import {
  isKernelError,
  KernelError,
  ownIdOf,
  type LogStore,
  type RunId,
  type StoredLog,
  type StoredRun,
} from '../kernel';
import { HistoryDecoder, positionFromJson, ServerHistorySource, type MirrorInput } from '../mirror';
import {
  isUntouchedFixture,
  mergeRecords,
  RECORD_ENTRIES_MAX,
  recordOfRun,
  RunRecordSchema,
  type RunHistory,
  type RunRecordDocument,
  type TopicLog,
} from '../records';
import { readRunHistory } from './run-history-reader';
import { loadRunRecord, saveRunRecord, type SavedRunRecord } from './run-record-file';
import { runRecordPath } from './run-record-path';

export interface RecordRunOptions {
  /** The id of the run's log: the run's own, except for a branch. It must be mirrored. */
  readonly runId: RunId;
  readonly store: LogStore;
  /** Where history is read. Null: the record is made of the log alone, without tries and without who answered. */
  readonly history: MirrorInput | null;
  /** The file. Default: `{folder}/{id}.json`. */
  readonly path?: string;
  /** The folder of run records. Default: `defaultRunsFolder()`. */
  readonly folder?: string;
  readonly topics?: TopicLog;
}

/** Entries that are read of a log at once. */
const ENTRIES_PER_PAGE = 1_000;

/** Generations that are looked through for a run's first ancestor. */
const ANCESTORS_MAX = 100;

/**
 * Records a run.
 *
 * @throws KernelError `RunNotFound` for a run that was never mirrored; those of `saveRunRecord`
 */
export async function recordRun(options: RecordRunOptions): Promise<SavedRunRecord> {
  const { runId, folder, topics } = options;
  const fresh = await runRecordOf(options);
  const path = options.path ?? runRecordPath(runId, folder);
  const stored = await storedRecord(path, runId);
  const record = stored === null ? fresh : withStored(stored, fresh);
  return await saveRunRecord(record, {
    ...(options.path === undefined ? {} : { path }),
    ...(folder === undefined ? {} : { folder }),
    ...(topics === undefined ? {} : { topics }),
  });
}

/**
 * A run's record as its log and history have it, saved nowhere.
 *
 * @throws KernelError `RunNotFound` for a run that was never mirrored
 */
export async function runRecordOf(
  options: Omit<RecordRunOptions, 'path' | 'folder' | 'topics'>,
): Promise<RunRecordDocument> {
  const { runId, store } = options;
  const run = await store.loadRun(runId);
  if (run === null) throw new KernelError('RunNotFound', `run ${runId} is not in the store: mirror it first`);
  const entries = await entriesOf(store, run);
  return recordOfRun({
    run,
    tenant: store.tenant,
    entries,
    history: await historyOf(options.history, run, entries),
    closed: positionFromJson(run.position)?.closed ?? null,
    rootRunId: await rootOf(store, run),
  });
}

async function entriesOf(store: LogStore, run: StoredRun): Promise<readonly StoredLog[]> {
  const entries: StoredLog[] = [];
  // One more than a record may have, so that it can be refused.
  while (entries.length < run.head && entries.length <= RECORD_ENTRIES_MAX) {
    const page = await store.scanLog(run.runId, entries.length + 1, ENTRIES_PER_PAGE);
    if (page.length === 0) throw new KernelError('LogCorrupt', `the log of run ${run.runId} ends before its head`);
    entries.push(...page);
  }
  return entries;
}

async function historyOf(
  input: MirrorInput | null,
  run: StoredRun,
  entries: readonly StoredLog[],
): Promise<RunHistory | null> {
  if (input === null) return null;
  const last = positionFromJson(run.position)?.executionId;
  const through = [run.firstExecutionId, ...entries.map(({ origin }) => origin.executionId)];
  const executionIds = [...new Set(last === undefined ? through : [...through, last])];
  const source = 'client' in input ? new ServerHistorySource(input.client) : input.source;
  const decoder = new HistoryDecoder(
    'client' in input ? input.client.options.loadedDataConverter : loadDataConverter(input.dataConverter),
  );
  return await readRunHistory(source, decoder, ownIdOf(run), executionIds);
}

/** The first of a run's ancestors, as far as the store knows them. */
async function rootOf(store: LogStore, run: StoredRun): Promise<RunId | null> {
  let root = run.parent?.runId ?? null;
  for (let generation = 1; root !== null && generation < ANCESTORS_MAX; generation += 1) {
    const parent = (await store.loadRun(root))?.parent ?? null;
    if (parent === null) return root;
    root = parent.runId;
  }
  return root;
}

async function storedRecord(path: string, runId: RunId): Promise<RunRecordDocument | null> {
  try {
    const stored = await loadRunRecord(path);
    if (stored.id === runId) return stored;
  } catch (error) {
    if (isKernelError(error, 'RunRecordNotFound')) return null;
    throw error;
  }
  throw new KernelError('RunRecordFile', `${path} has the record of another run than ${JSON.stringify(runId)}`);
}

/** What was recorded before, with what the run says now. A fixture that nobody touched is made again, because the run moved on. */
function withStored(stored: RunRecordDocument, fresh: RunRecordDocument): RunRecordDocument {
  const { replay_fixture: fixture } = stored;
  const record = mergeRecords(RunRecordSchema, stored, fresh);
  return fixture !== null && isUntouchedFixture(fixture) ? { ...record, replay_fixture: null } : record;
}
