/** Runs in files. */
export { EXPORTED_ENTRIES_MAX, exportRun } from './export-run';
export { historiesOfExport, storeOfExport } from './exported-log';
export { KeptHistories } from './kept-histories';
export { replayRun, type ReplayReport } from './replay-run';
export {
  isRunExport,
  parseRunExport,
  readRunExport,
  RUN_EXPORT_FORMAT,
  RunExportSchema,
  runExportText,
  type RunExport,
} from './run-export';
export { replayRunExport, verifyRunExport, type VerifyExportOptions } from './verify-run-export';
