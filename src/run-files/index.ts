/** Run records on disk, and made of runs. */
export { recordRun, runRecordOf, type RecordRunOptions } from './record-run';
export {
  listRunRecords,
  loadRunRecord,
  loadRunRecordOf,
  RUN_RECORD_BYTES_MAX,
  RUN_RECORDS_LISTED_MAX,
  saveRunRecord,
  type ListedRunRecord,
  type SavedRunRecord,
  type SaveRunRecordOptions,
} from './run-record-file';
export { placeOf, SIDECAR_BYTES_MAX } from './llm-sidecar-file';
export { normalizeRunRecord } from './normalize-run-record';
export { defaultRunsFolder, RUNS_FOLDER, RUNS_FOLDER_VARIABLE, runRecordPath } from './run-record-path';
