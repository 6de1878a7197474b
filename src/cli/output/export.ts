import { z } from 'zod';
import { HashText, SeqNumber } from './json';

/** `export --json`, where the run goes into a file. What is in the file is `RunExportSchema`. */
export const ExportOutput = z.strictObject({
  runId: z.string(),
  path: z.string(),
  head: SeqNumber,
  hash: HashText,
  snapshots: SeqNumber,
  /** Histories that are in the file, an execution each. */
  histories: SeqNumber,
  bytes: SeqNumber,
});
export type ExportOutput = z.infer<typeof ExportOutput>;
