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
  type RunId,
  type RunRecord,
  type Seq,
  type Snapshot,
  type StoredLog,
  type StoredRun,
} from '../kernel';
import { readChain, readStart } from './chain-reader';
import { HistoryDecoder } from './history-decoder';
import { ServerHistorySource, type HistorySource } from './history-source';
import type { Verdict } from './log-comparison';
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
};

/** What one look at a run brought. */
export interface MirrorReport {
  readonly runId: RunId;
  readonly head: Seq;
  readonly hash: Hash;
  /** Entries that this look added. */
  readonly added: number;
  /** How the run ended; null while it goes on. */
  readonly closed: ClosedAs | null;
}

/** Activations that are written in one transaction: enough to be fast, few enough for one. */
const ACTIVATIONS_PER_STEP = 200;

/** How often a mirror that another one overtook looks again before it gives up. */
const CONFLICTS_MAX = 20;

export class Mirror {
  readonly #source: HistorySource;
  readonly #decoder: HistoryDecoder;
  readonly #programs: ProgramSet;
  readonly #store: LogStore;

  constructor({ programs, store, ...input }: MirrorOptions) {
    const fromServer = 'client' in input;
    this.#source = fromServer ? new ServerHistorySource(input.client) : input.source;
    this.#decoder = new HistoryDecoder(
      fromServer ? input.client.options.loadedDataConverter : loadDataConverter(input.dataConverter),
    );
    this.#programs = new ProgramSet(programs);
    this.#store = store;
  }

  /**
   * Brings a run's log up to date.
   *
   * @throws KernelError `HistoryMismatch`, `RunNotFound`, `UnknownProgram`, or a store's
   */
  async mirror(runId: RunId): Promise<MirrorReport> {
    for (let conflicts = 0; ; conflicts += 1) {
      try {
        return await this.#mirrorOnce(runId);
      } catch (error) {
        // Somebody else mirrors the same run: what they wrote is what we would have written.
        if (!isKernelError(error, 'HeadConflict') || conflicts >= CONFLICTS_MAX) throw error;
      }
    }
  }

  /**
   * Verifies the stored log: its chain, the whole history folded again, and where the workflow code is given, Temporal's replay of it.
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

  async #mirrorOnce(runId: RunId): Promise<MirrorReport> {
    const stored = await this.#store.loadRun(runId);
    const step = new PendingStep();
    const { run, fold } = await this.#openFold(runId, stored, step);
    let expectedHead = stored?.head ?? 0;
    let expectedPosition = stored?.position ?? null;
    let added = 0;

    const write = async (): Promise<void> => {
      const position = positionToJson(fold.position());
      const { entries, snapshots } = step.take();
      await this.#store.writeStep({ run, expectedHead, entries, snapshots, position, expectedPosition });
      expectedHead += entries.length;
      expectedPosition = position;
      added += entries.length;
    };

    let unwritten = 0;
    await readChain(this.#source, this.#decoder, fold, async () => {
      unwritten += 1;
      if (unwritten < ACTIVATIONS_PER_STEP) return;
      unwritten = 0;
      await write();
    });
    if (unwritten > 0) await write();
    return { runId, head: fold.machine.head, hash: fold.hash, added, closed: fold.position().closed };
  }

  async #openFold(
    runId: RunId,
    stored: StoredRun | null,
    output: PendingStep,
  ): Promise<{ readonly run: RunRecord; readonly fold: RunFold }> {
    if (stored !== null) {
      const position = positionFromJson(stored.position);
      if (position === null) throw new KernelError('LogCorrupt', `run ${runId} is stored without a position`);
      await this.#assertSameRun(runId, stored);
      const program = this.#programs.version(stored.program, position.version);
      return { run: stored, fold: RunFold.resume(program, this.#decoder, output, position) };
    }
    const { program, run } = await readStart(this.#source, this.#decoder, this.#programs, runId);
    return { run, fold: RunFold.start(program, this.#decoder, output, run) };
  }

  /** A workflow id can be used again, for another run: its log must not be taken for this one's. */
  async #assertSameRun(runId: RunId, stored: StoredRun): Promise<void> {
    const first = await this.#source.firstExecution(runId);
    if (first === stored.firstExecutionId) return;
    throw new KernelError(
      'RunAlreadyStarted',
      `the stored log of ${runId} is that of execution ${stored.firstExecutionId}, but the workflow id was used again ` +
        `(execution ${first}): mirror it into another store, or give runs ids of their own`,
    );
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
