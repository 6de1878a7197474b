/**
 * Opens runs for reading. A run id leads to the server, whose history is folded into a store in memory; or, where `--store` or
 * `--history` say so, to what is there. The path of a file leads to the run in it: an export of ours, or a history of Temporal's.
 */
import { readFile, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import type { DataConverter } from '@temporalio/common';
import { isKernelError, KernelError, messageOf, type LogStore, type RunId } from '../kernel';
import { HistoryFiles, Mirror, type HistorySource } from '../mirror';
import {
  historiesOfExport,
  isRunExport,
  KeptHistories,
  parseRunExport,
  storeOfExport,
  type RunExport,
} from '../run-export';
import { MemoryStore } from '../stores/memory-store';
import { EXIT } from './exit-code';
import { TerminalError } from './failure';
import { liveRun } from './live-run';
import type { OpenedRun } from './opened-run';
import type { SourceOptions } from './options';
import type { Session } from './session';
import type { Terminal } from './terminal';

/** The parts of a call that say what is to be opened. */
export interface Reading {
  readonly options: SourceOptions;
  readonly session: Session;
  readonly terminal: Terminal;
}

/** What a positional argument names. */
export type Named =
  | { readonly type: 'run'; readonly runId: RunId | null }
  | { readonly type: 'export'; readonly path: string; readonly exported: RunExport }
  | { readonly type: 'history'; readonly path: string };

/** Needs programs: a history says what was scheduled, and only the program what it means. */
const FOLDING = 'folding a history into a log';

export class RunReader {
  readonly #reading: Reading;
  readonly #keep: boolean;
  #kept: KeptHistories | null = null;

  /** @param keep whether the histories that are read are to be kept */
  constructor(reading: Reading, { keep = false }: { readonly keep?: boolean } = {}) {
    this.#reading = reading;
    this.#keep = keep;
  }

  /** The histories that were read, as Temporal exports them. */
  get histories(): readonly unknown[] {
    return this.#kept?.exported ?? [];
  }

  /**
   * Opens a run.
   *
   * @param name a run id or a file's path; null where `--history` says it all
   * @throws KernelError `RunNotFound`, `HistoryMismatch`, `LogCorrupt`; TerminalError, WorkerEnvironmentError
   */
  async open(name: string | null): Promise<OpenedRun> {
    const { options, session } = this.#reading;
    const named = await namedBy(name);
    switch (named.type) {
      case 'export':
        return await this.exported(named.exported);
      case 'history':
        return await this.#filed([named.path], null);
      case 'run': {
        if (options.history !== undefined) return await this.#filed(options.history, named.runId);
        if (named.runId === null) throw new TerminalError(EXIT.usage, 'no run is named', 'give a run id, or a file.');
        const store = session.storeGiven;
        if (store !== null) return await this.#stored(await session.store(store), named.runId);
        return await this.#live(named.runId, options.execution);
      }
    }
  }

  /** Opens the run in an export. */
  async exported(exported: RunExport): Promise<OpenedRun> {
    const store = await storeOfExport(exported);
    return await this.#opened(store, exported.run.runId, 'export', historiesOfExport(exported), () =>
      Promise.resolve(null),
    );
  }

  /** Opens a run of the server, as far as it is now. */
  async #live(runId: RunId, executionId?: string): Promise<OpenedRun> {
    const { session, terminal } = this.#reading;
    const { mirror, store, source } = await liveRun(session, runId, (server) => this.#keptOf(server));
    const says = (): string => `reading the history of ${runId} …`;
    const report = await terminal.during(says, mirror.mirror(runId, executionId));
    const opened = await this.#opened(store, report.runId, 'server', source, async (child) => {
      return await new RunReader(this.#reading).#live(child);
    });
    return { ...opened, burst: () => mirror.burstUnderWay(runId) };
  }

  async #stored(store: LogStore, runId: RunId): Promise<OpenedRun> {
    return await this.#opened(store, runId, 'store', null, async (child) => await this.#stored(store, child));
  }

  /** Opens a run of exported histories. */
  async #filed(paths: readonly string[], runId: RunId | null): Promise<OpenedRun> {
    const { session, options } = this.#reading;
    const programs = await session.programs(FOLDING);
    const files = await HistoryFiles.index(paths, runId);
    const runs = [...files.runs()];
    const [only] = runs;
    const wanted = runId ?? only?.runId;
    const found = runs.find((run) => run.runId === wanted);
    if (runId === null && runs.length > 1) {
      const names = runs.slice(0, 10).map((run) => run.runId);
      throw new TerminalError(
        EXIT.usage,
        `the files hold ${runs.length} runs`,
        `name one of them: ${names.join(', ')}.`,
      );
    }
    if (wanted === undefined || found === undefined) {
      const [broken] = files.broken;
      if (broken !== undefined) throw new KernelError('HistoryMismatch', `${broken.file}: ${broken.reason}`);
      throw new KernelError('RunNotFound', `none of the files has a history of ${wanted ?? 'a run'}`);
    }
    const store = new MemoryStore(session.environment.tenant);
    const source = this.#keptOf(files.source());
    const mirror = new Mirror({ source, programs, store, ...given(await session.dataConverter()) });
    const report = await mirror.mirror(wanted, options.execution ?? found.lastExecutionIds.at(-1));
    const isThere = (child: RunId): boolean => runs.some((run) => run.runId === child);
    return await this.#opened(store, report.runId, 'history', source, async (child) => {
      return isThere(child) ? await new RunReader(this.#reading).#filed(paths, child) : null;
    });
  }

  #keptOf(source: HistorySource): HistorySource {
    if (!this.#keep) return source;
    this.#kept = new KeptHistories(source);
    return this.#kept;
  }

  async #opened(
    store: LogStore,
    runId: RunId,
    from: OpenedRun['from'],
    source: HistorySource | null,
    child: OpenedRun['child'],
  ): Promise<OpenedRun> {
    const run = await store.loadRun(runId);
    if (run === null) throw new KernelError('RunNotFound', `run ${runId} is not in the store`);
    const program = await this.#reading.session.programOf(run.program, run.version);
    const childIfAny = async (childId: RunId): Promise<OpenedRun | null> => {
      try {
        return await child(childId);
      } catch (error) {
        if (isKernelError(error, 'RunNotFound')) return null;
        throw error;
      }
    };
    return { run, store, from, source, program, burst: () => Promise.resolve(null), child: childIfAny };
  }
}

/** What a positional argument names: a file, where it looks like a path and one is there, and a run otherwise. */
export async function namedBy(name: string | null): Promise<Named> {
  if (name === null || !looksLikePath(name)) return { type: 'run', runId: name };
  const isFile = await stat(name).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile) {
    if (!name.endsWith('.json')) return { type: 'run', runId: name };
    throw new TerminalError(EXIT.notFound, `there is no file ${name}`, 'give the path of an export, or a run id.');
  }
  const json = await parsed(name);
  return isRunExport(json)
    ? { type: 'export', path: name, exported: parseRunExport(json) }
    : { type: 'history', path: name };
}

/** A run id can hold anything; a file is named with its folder or its extension. */
function looksLikePath(name: string): boolean {
  return name.endsWith('.json') || name.includes('/') || name.includes(sep);
}

async function parsed(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new TerminalError(
      EXIT.unreachable,
      `${path} can't be read: ${messageOf(error)}`,
      'let this process read it.',
    );
  }
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new TerminalError(EXIT.damaged, `${path} is not JSON: ${messageOf(error)}`, 'export the run again.');
  }
}

function given(dataConverter: DataConverter | undefined): { readonly dataConverter?: DataConverter } {
  return dataConverter === undefined ? {} : { dataConverter };
}
