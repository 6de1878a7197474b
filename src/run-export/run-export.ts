/**
 * A run in one file: its record, log, hashes, snapshots, the program's version, and the histories that it was folded from. It is for
 * passing a run on, for keeping one that Temporal forgets, and for tests.
 *
 * Guarantees: what is written can be read back to the same bytes of every entry; a file of another format is refused. It says
 * nothing of whether the log in it is right: that is `verifyRunExport`.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { KernelError, messageOf, type Json, type WireEvent } from '../kernel';

/** What the first member of a file says. */
export const RUN_EXPORT_FORMAT = 'temporal-kernel/run-export';

/** Counts up when the format changes. */
export const RUN_EXPORT_VERSION = 1;

/** A schema that copied values would lose a key named `__proto__`: JSON is taken as it was parsed. */
const AnyJson = z.custom<Json>((value) => value !== undefined);

const Count = z.int().nonnegative();

const Entry = z.strictObject({
  seq: z.int().positive(),
  /** The event in the specification's wire form. */
  event: z.custom<WireEvent>((value) => value !== undefined),
  stateHash: z.string(),
  hash: z.string(),
  seal: z.string(),
  origin: z.strictObject({ executionId: z.string(), historyEventId: Count, timeMs: z.int() }),
});

const Branch = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('reset'),
    of: z.string(),
    executionId: z.string(),
    baseExecutionId: z.string(),
    resetEventId: Count,
  }),
  z.strictObject({ type: z.literal('reused'), of: z.string() }),
]);

const Spent = z.strictObject({ toolCalls: Count, llmTokens: Count, unmeteredLlmCalls: Count });

const Run = z.strictObject({
  runId: z.string(),
  program: z.string(),
  version: z.int().positive(),
  initialState: AnyJson,
  genesisHash: z.string(),
  firstExecutionId: z.string(),
  startedAtMs: z.int(),
  parent: z.strictObject({ runId: z.string(), executionId: z.string() }).nullable(),
  branch: Branch.nullable(),
  // Files of earlier versions have no such members.
  startedBy: z.string().nullable().default(null),
  forkedFrom: z
    .strictObject({ runId: z.string(), seq: Count, hash: z.string(), spent: Spent })
    .nullable()
    .default(null),
});

/** The shape of a file. */
export const RunExportSchema = z.strictObject({
  format: z.literal(RUN_EXPORT_FORMAT),
  formatVersion: z.literal(RUN_EXPORT_VERSION),
  tenant: z.string(),
  run: Run,
  head: Count,
  /** The hash of the last entry, or the genesis hash of a log without entries. */
  hash: z.string(),
  /** Where a mirror goes on. */
  position: AnyJson,
  entries: z.array(Entry).readonly(),
  snapshots: z.array(z.strictObject({ atSeq: Count, state: AnyJson })).readonly(),
  /** As Temporal exports histories, an execution each; none where the run was exported from a store alone. */
  histories: z.array(AnyJson).readonly(),
});

/** What a file holds. */
export type RunExport = z.infer<typeof RunExportSchema>;

/** Whether a parsed file says that it is an export of a run. */
export function isRunExport(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'format' in json && json.format === RUN_EXPORT_FORMAT;
}

/**
 * Reads what a file holds, once parsed.
 *
 * @throws KernelError `LogCorrupt`, naming the place that is wrong
 */
export function parseRunExport(json: unknown): RunExport {
  if (!isRunExport(json)) throw corrupt(`it does not begin with "format": "${RUN_EXPORT_FORMAT}"`);
  const parsed = RunExportSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw corrupt(`at ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'it is otherwise'}`);
}

/**
 * Reads a file.
 *
 * @throws KernelError `RunNotFound` where there is no file that can be read, `LogCorrupt` where it is no export
 */
export async function readRunExport(path: string): Promise<RunExport> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new KernelError('RunNotFound', `${path} can't be read: ${messageOf(error)}`, { cause: error });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw corrupt(`${path} is not JSON: ${messageOf(error)}`);
  }
  return parseRunExport(json);
}

/** The text of a file. */
export function runExportText(exported: RunExport): string {
  return `${JSON.stringify(exported, null, 2)}\n`;
}

function corrupt(reason: string): KernelError {
  return new KernelError('LogCorrupt', `not an exported run: ${reason}`);
}
