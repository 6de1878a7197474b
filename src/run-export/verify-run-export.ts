/**
 * Verification of an exported run, without a server: what `Mirror.verify` checks, on what the file holds. In a test:
 *
 *     expect(await verifyRunExport(await readRunExport('fixtures/A-1001.json'), { programs: [refund] })).toMatchObject({ ok: true });
 *
 * says that the log in the file is whole, that Temporal's history gives that very log, and that the program of today would do the
 * same again at every step.
 */
import type { DataConverter } from '@temporalio/common';
import { isKernelError, messageOf, ProgramSet, verifyStoredChain, type DefinedProgram, type LogStore } from '../kernel';
import { Mirror, type LogReplay, type Verdict } from '../mirror';
import { historiesOfExport, storeOfExport } from './exported-log';
import { replayRun, type ReplayReport } from './replay-run';
import type { RunExport } from './run-export';

/** With what an exported run is verified. */
export interface VerifyExportOptions {
  /** The programs. Without them the chain of hashes is checked, and nothing else can be. */
  readonly programs?: readonly DefinedProgram[];
  /** Replays the histories with the real workflow code as well. */
  readonly replay?: LogReplay;
  /** The data converter that the histories were written with. Default: Temporal's. */
  readonly dataConverter?: DataConverter;
}

/** Verifies an exported run. A log that is wrong is a verdict and no error. */
export async function verifyRunExport(exported: RunExport, options: VerifyExportOptions = {}): Promise<Verdict> {
  const { runId } = exported.run;
  const last = exported.entries.at(-1)?.hash ?? exported.run.genesisHash;
  if (exported.head !== exported.entries.length || exported.hash !== last) {
    const seq = Math.min(exported.head, exported.entries.length) + 1;
    return failed(exported, seq, `the file says that its log ends at ${exported.head} with hash ${exported.hash}`);
  }
  let store: LogStore;
  try {
    store = await storeOfExport(exported);
  } catch (error) {
    if (!isKernelError(error)) throw error;
    return failed(exported, error.seq, messageOf(error));
  }
  const { programs = [], replay, dataConverter } = options;
  try {
    const source = historiesOfExport(exported);
    if (source !== null && programs.length > 0) {
      const mirror = new Mirror({ source, programs, store, ...(dataConverter === undefined ? {} : { dataConverter }) });
      return await mirror.verify(runId, replay === undefined ? {} : { replay });
    }
  } catch (error) {
    if (!isKernelError(error)) throw error;
    return { ...failed(exported, error.seq, messageOf(error)), checks: ['chain', 'fold'] };
  }
  const chain = await verifyStoredChain(store, runId);
  if (!chain.ok) return failed(exported, chain.seq, chain.reason);
  return { ok: true, checks: ['chain'], head: chain.head, hash: chain.hash, problems: [] };
}

/**
 * Asks the program of today whether it would do the same again, at every step of an exported run.
 *
 * @throws KernelError `UnknownProgram`, `UnknownProgramVersion`; those of a log that no store takes
 */
export async function replayRunExport(
  exported: RunExport,
  { programs }: { readonly programs: readonly DefinedProgram[] },
): Promise<ReplayReport> {
  const { runId, program, version } = exported.run;
  const known = new ProgramSet(programs).version(program, version);
  return await replayRun(await storeOfExport(exported), runId, known);
}

function failed({ head, hash }: RunExport, seq: number | null, reason: string): Verdict {
  const problem = { check: 'chain', seq, historyEventId: null, reason } as const;
  return { ok: false, checks: ['chain'], head, hash, problems: [problem] };
}
