/**
 * The mirror: Temporal's history into the canonical event log.
 *
 * Guarantees: it can be asked again at any time, at a cost of folding only what is new; mirroring twice, two mirrors at once, or
 * a crash in between give the same log once; where history and program disagree it stops with an error that names the
 * history event, and writes nothing wrong. It trusts no worker's memory.
 */
import type { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { loadDataConverter } from '@temporalio/common/lib/internal-non-workflow';
import {
  isKernelError,
  KernelError,
  ProgramSet,
  type DefinedProgram,
  type Hash,
  type LogStore,
  type RunBranch,
  type RunId,
  type RunRecord,
  type Seq,
  type Snapshot,
  type StoredLog,
  type StoredRun,
} from '../kernel';
import { burstUnderWay, type BurstUnderWay } from './burst-under-way';
import { readChain, readStart } from './chain-reader';
import { HistoryDecoder } from './history-decoder';
import { ServerHistorySource, type HistorySource } from './history-source';
import type { Verdict } from './log-comparison';
import { branchLogId, branchOfPath, logIdOf, pathTo, type ExecutionPath } from './execution-path';
import type { LogReplay } from './log-replay';
import { positionFromJson, positionToJson, type ClosedAs } from './mirror-position';
import { RunFold } from './run-fold';
import { verifyRun } from './verify';

/** Where a mirror reads: from a server, or from exported histories. */
export type MirrorInput =
  /** The client's server, namespace and data converter. */
  | { readonly client: Client }
  /** Default data converter: Temporal's. */
  | { readonly source: HistorySource; readonly dataConverter?: DataConverter };

/** What a mirror is made of. */
export type MirrorOptions = MirrorInput & {
  /** The programs whose runs are mirrored, and of each the versions that have runs. */
  readonly programs: readonly DefinedProgram[];
  readonly store: LogStore;
  /** Told of every step when it is in the store. It must not throw. */
  readonly onWritten?: (written: WrittenStep) => void;
};

/** A step that a mirror wrote. */
export interface WrittenStep {
  readonly run: RunRecord;
  /** Whether the log was not in the store before. */
  readonly isFirst: boolean;
  readonly entries: readonly StoredLog[];
  /** How the run had ended by then; null while it goes on. */
  readonly closed: ClosedAs | null;
}

/** What one look at a run brought. */
export interface MirrorReport {
  /** The id of the log: the run's own, except for what a reset made, or a second run of one workflow id. */
  readonly runId: RunId;
  /** The engine's id of the execution that the run is in, or ended in. */
  readonly executionId: string;
  /** The last event of that execution's history that is in the log. */
  readonly lastEventId: number;
  readonly head: Seq;
  readonly hash: Hash;
  /** Entries that this look added. */
  readonly added: number;
  /** How the run ended; null while it goes on. */
  readonly closed: ClosedAs | null;
  /** What the log is beside the first one of its run; null for the first. */
  readonly branch: RunBranch | null;
}

/** Entries that a look added, by the id of the log. */
type Added = Map<RunId, number>;

/** Activations that are written in one transaction: enough to be fast, few enough for one. */
const ACTIVATIONS_PER_STEP = 200;

/** How often a mirror that another one overtook looks again before it gives up. */
const CONFLICTS_MAX = 20;

export class Mirror {
  readonly #source: HistorySource;
  readonly #decoder: HistoryDecoder;
  readonly #programs: ProgramSet;
  readonly #store: LogStore;
  readonly #onWritten: (written: WrittenStep) => void;

  constructor({ programs, store, onWritten, ...input }: MirrorOptions) {
    const fromServer = 'client' in input;
    this.#source = fromServer ? new ServerHistorySource(input.client) : input.source;
    this.#decoder = new HistoryDecoder(
      fromServer ? input.client.options.loadedDataConverter : loadDataConverter(input.dataConverter),
    );
    this.#programs = new ProgramSet(programs);
    this.#store = store;
    this.#onWritten = onWritten ?? (() => undefined);
  }

  /**
   * Brings a run's log up to date. A run that was reset has a log for each of its futures, and a workflow id that was used again one
   * for each run: the report is about the one that goes on.
   *
   * @param executionId the execution that is meant, where it is not the one that the run is in now
   * @throws KernelError `HistoryMismatch`, `RunNotFound`, `UnknownProgram`, or a store's
   */
  async mirror(runId: RunId, executionId?: string): Promise<MirrorReport> {
    // A look may go over a log more than once: when it is overtaken, and when the run continues as new meanwhile.
    const added: Added = new Map();
    for (let conflicts = 0; ; conflicts += 1) {
      try {
        return await this.#mirrorOnce(runId, executionId, added);
      } catch (error) {
        // Somebody else mirrors the same run: what they wrote is what we would have written.
        if (!isKernelError(error, 'HeadConflict') || conflicts >= CONFLICTS_MAX) throw error;
      }
    }
  }

  /**
   * The burst that a run is in, of which history has nothing before it ends: what it has done and the server has acknowledged. The log is brought up to
   * date first, and gets none of it: what is not in history can still be lost.
   *
   * @returns null when the run is in no burst, or is mirrored from files
   * @throws KernelError as `mirror` does; `HistoryMismatch` when what the burst did is not what the program asks for
   */
  async burstUnderWay(runId: RunId): Promise<BurstUnderWay | null> {
    const { runId: logId } = await this.mirror(runId);
    const stored = await this.#store.loadRun(logId);
    if (stored === null) return null;
    const program = this.#programs.version(stored.program, stored.version);
    return await burstUnderWay({ program, source: this.#source, decoder: this.#decoder }, stored);
  }

  /**
   * Verifies a stored log (of a branch: by the id of its log): its chain, the whole history folded again, and where the workflow code is given, Temporal's replay of it.
   */
  async verify(runId: RunId, { replay }: { readonly replay?: LogReplay } = {}): Promise<Verdict> {
    return await verifyRun({
      runId,
      source: this.#source,
      decoder: this.#decoder,
      programs: this.#programs,
      store: this.#store,
      replay: replay ?? null,
    });
  }

  async #mirrorOnce(runId: RunId, executionId: string | undefined, added: Added): Promise<MirrorReport> {
    const current = executionId ?? (await this.#source.currentExecution(runId));
    // Nearly every look finds the execution that the look before it saw, or one that it continued as: then nothing else is asked.
    for (const logId of [runId, branchLogId(runId, current)]) {
      const stored = await this.#store.loadRun(logId);
      const position = stored === null ? null : positionFromJson(stored.position);
      if (stored === null || position === null) continue;
      const goesOn = logId === runId && position.closed === null;
      if (position.executionId !== current && !goesOn) continue;
      const report = await this.#mirrorLog({ executions: [], reset: null }, stored.branch, runId, stored, added);
      if (report.executionId === current) return report;
    }
    return await this.#mirrorTo(runId, current, added);
  }

  /** Mirrors the log that leads to an execution, and before it the log that a reset left. */
  async #mirrorTo(runId: RunId, executionId: string, added: Added): Promise<MirrorReport> {
    const path = await pathTo(this.#source, runId, executionId);
    if (path.reset !== null) {
      await this.#mirrorTo(runId, path.reset.baseExecutionId, added).catch((error: unknown) => {
        // The server may have forgotten what was left; what shares its past has it all.
        if (!isKernelError(error, 'RunNotFound')) throw error;
      });
    }
    const branch = await branchOfPath(this.#store, runId, path);
    const stored = await this.#store.loadRun(logIdOf(runId, path, branch));
    return await this.#mirrorLog(path, branch, runId, stored, added);
  }

  async #mirrorLog(
    path: ExecutionPath,
    branch: RunBranch | null,
    runId: RunId,
    stored: StoredRun | null,
    added: Added,
  ): Promise<MirrorReport> {
    const step = new PendingStep();
    const { run, fold } = await this.#openFold(runId, path, branch, stored, step);
    let expectedHead = stored?.head ?? 0;
    let expectedPosition = stored?.position ?? null;
    let position = expectedPosition;

    const write = async (): Promise<void> => {
      const { entries, snapshots } = step.take();
      await this.#store.writeStep({ run, expectedHead, entries, snapshots, position, expectedPosition });
      const isFirst = expectedPosition === null;
      expectedHead += entries.length;
      expectedPosition = position;
      this.#onWritten({ run, isFirst, entries, closed: fold.position().closed });
      added.set(run.runId, (added.get(run.runId) ?? 0) + entries.length);
    };

    let unwritten = 0;
    await readChain(this.#source, this.#decoder, fold, path.executions, async () => {
      unwritten += 1;
      // Kept now: by the time it is written the fold may stand in an execution of which nothing was folded yet.
      position = positionToJson(fold.position());
      if (unwritten < ACTIVATIONS_PER_STEP) return;
      unwritten = 0;
      await write();
    });
    if (unwritten > 0) await write();
    const { executionId, hash, machine } = fold;
    const { closed, lastEventId } = fold.position();
    return {
      runId: run.runId,
      executionId,
      lastEventId,
      head: machine.head,
      hash,
      added: added.get(run.runId) ?? 0,
      closed,
      branch: run.branch,
    };
  }

  async #openFold(
    runId: RunId,
    path: ExecutionPath,
    branch: RunBranch | null,
    stored: StoredRun | null,
    output: PendingStep,
  ): Promise<{ readonly run: RunRecord; readonly fold: RunFold }> {
    const parts = { tenant: this.#store.tenant, decoder: this.#decoder, output };
    if (stored === null) {
      const { program, run, tenant } = await readStart(
        this.#source,
        this.#decoder,
        this.#programs,
        runId,
        path,
        branch,
      );
      if (tenant !== this.#store.tenant) {
        const tenants = `of tenant ${JSON.stringify(tenant)}, and the store is open for ${JSON.stringify(this.#store.tenant)}`;
        throw new KernelError('WrongTenant', `run ${runId} is ${tenants}: mirror it with a store of its own tenant`);
      }
      return { run, fold: RunFold.start({ ...parts, program }, run) };
    }
    const position = positionFromJson(stored.position);
    if (position === null) throw new KernelError('LogCorrupt', `run ${stored.runId} is stored without a position`);
    const program = this.#programs.version(stored.program, stored.version);
    return { run: stored, fold: RunFold.resume({ ...parts, program }, stored.runId, position) };
  }
}

/** What the fold gave and no transaction has yet. */
class PendingStep {
  #entries: StoredLog[] = [];
  #snapshots: Snapshot[] = [];

  entry(entry: StoredLog): void {
    this.#entries.push(entry);
  }

  snapshot(snapshot: Snapshot): void {
    this.#snapshots.push(snapshot);
  }

  take(): { readonly entries: readonly StoredLog[]; readonly snapshots: readonly Snapshot[] } {
    const taken = { entries: this.#entries, snapshots: this.#snapshots };
    this.#entries = [];
    this.#snapshots = [];
    return taken;
  }
}
