/**
 * Histories in files, as Temporal's CLI and Web UI export them: single files and whole folders.
 *
 * Guarantees: files are read one at a time and never held together. A first pass keeps ids only; then the files of one run are read
 * when that run is. A file that is no history is told of and does not stop the others.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isKernelError, isPlainObject, KernelError, messageOf, type RunId } from '../kernel';
import type { HistoryEvent } from './history-event';
import { eventIdOf } from './history-event';
import { historyFromJson } from './history-json';
import { exportedEvents, executionIdIn, type HistorySource } from './history-source';

/** A file, or what is in it, that is no history. */
export interface BrokenFile {
  readonly file: string;
  readonly reason: string;
}

/** The executions of one workflow id. */
export interface FiledRun {
  readonly runId: RunId;
  /** The executions that no other one continues, in the order in which they began. */
  readonly lastExecutionIds: readonly string[];
}

/** Where an execution's history is. */
interface FiledExecution {
  readonly executionId: string;
  readonly file: string;
  /** A file can hold a list of histories. */
  readonly index: number;
  readonly events: number;
  readonly continuedFrom: string | null;
  readonly startedAt: string;
}

/** Executions that an index holds: some 200 bytes each. */
const EXECUTIONS_MAX = 1_000_000;

/** What a first pass over files found. */
export class HistoryFiles {
  readonly #runs = new Map<RunId, Map<string, FiledExecution>>();
  readonly #broken: BrokenFile[] = [];

  private constructor() {
    // Made by `index`.
  }

  /**
   * Reads ids out of files and folders, with all that is in them. In a folder, files that end in `.json` count.
   *
   * @param runId the workflow id of histories that don't say theirs, as older servers write them
   * @throws KernelError `RunNotFound` where a path leads to nothing
   */
  static async index(paths: readonly string[], runId: RunId | null = null): Promise<HistoryFiles> {
    const files = new HistoryFiles();
    let executions = 0;
    for await (const file of filesIn(paths)) {
      executions += await files.#add(file, runId);
      if (executions > EXECUTIONS_MAX) {
        throw new KernelError('RunNotFound', `more than ${EXECUTIONS_MAX} histories at once: give fewer of them`);
      }
    }
    return files;
  }

  /** Files that could not be read. */
  get broken(): readonly BrokenFile[] {
    return this.#broken;
  }

  /** The runs that were found. */
  *runs(): Iterable<FiledRun> {
    for (const [runId, executions] of this.#runs) {
      const continued = new Set([...executions.values()].map(({ continuedFrom }) => continuedFrom));
      const lastExecutionIds = [...executions.values()]
        .filter(({ executionId }) => !continued.has(executionId))
        .sort((one, other) => (one.startedAt < other.startedAt ? -1 : one.startedAt > other.startedAt ? 1 : 0))
        .map(({ executionId }) => executionId);
      yield { runId, lastExecutionIds };
    }
  }

  /** Reads histories out of the files. It keeps the one that it read last. */
  source(): HistorySource {
    return new FiledHistorySource((runId, executionId) => this.#runs.get(runId)?.get(executionId), [...this.#lasts()]);
  }

  *#lasts(): Iterable<readonly [RunId, string]> {
    for (const { runId, lastExecutionIds } of this.runs()) yield [runId, lastExecutionIds.at(-1) ?? ''] as const;
  }

  async #add(file: string, givenRunId: RunId | null): Promise<number> {
    try {
      const histories = historiesIn(await parsed(file));
      for (const [index, history] of histories.entries()) this.#addHistory(file, index, history, givenRunId);
      return histories.length;
    } catch (error) {
      this.#broken.push({ file, reason: messageOf(error) });
      return 0;
    }
  }

  #addHistory(file: string, index: number, history: unknown, givenRunId: RunId | null): void {
    const { first, executionId, events } = idsIn(history);
    const started = first.workflowExecutionStartedEventAttributes;
    const said = started?.workflowId ?? '';
    const runId = said === '' ? givenRunId : said;
    if (runId === null) {
      throw new KernelError('RunNotFound', 'it does not say its workflow id: give it with --run-id');
    }
    const startedAt = `${Number(first.eventTime?.seconds ?? 0)}.${String(first.eventTime?.nanos ?? 0).padStart(9, '0')}`;
    const continuedFrom = started?.continuedExecutionRunId ?? null;
    const executions = this.#runs.get(runId) ?? new Map<string, FiledExecution>();
    this.#runs.set(runId, executions);
    // Of two exports of one execution the longer one knows more.
    if ((executions.get(executionId)?.events ?? 0) >= events) return;
    executions.set(executionId, {
      executionId,
      file,
      index,
      events,
      continuedFrom: continuedFrom === '' ? null : continuedFrom,
      startedAt,
    });
  }
}

class FiledHistorySource implements HistorySource {
  readonly #find: (runId: RunId, executionId: string) => FiledExecution | undefined;
  readonly #current: ReadonlyMap<RunId, string>;
  #last: { readonly execution: FiledExecution; readonly events: readonly HistoryEvent[] } | null = null;

  constructor(
    find: (runId: RunId, executionId: string) => FiledExecution | undefined,
    current: readonly (readonly [RunId, string])[],
  ) {
    this.#find = find;
    this.#current = new Map(current);
  }

  currentExecution(runId: RunId): Promise<string> {
    const current = this.#current.get(runId);
    if (current !== undefined) return Promise.resolve(current);
    return Promise.reject(new KernelError('RunNotFound', `none of the files has a history of run ${runId}`));
  }

  async startOf(runId: RunId, executionId: string): Promise<HistoryEvent> {
    return (await this.#eventsOf(runId, executionId))[0] as HistoryEvent;
  }

  async *eventsAfter(runId: RunId, executionId: string, afterEventId: number): AsyncIterable<HistoryEvent> {
    for (const event of await this.#eventsOf(runId, executionId)) if (eventIdOf(event) > afterEventId) yield event;
  }

  async #eventsOf(runId: RunId, executionId: string): Promise<readonly HistoryEvent[]> {
    const execution = this.#find(runId, executionId);
    if (execution === undefined) {
      const advice = `export it too: temporal workflow show --workflow-id ${runId} --run-id ${executionId} --output json`;
      throw new KernelError('RunNotFound', `none of the files has execution ${executionId} of run ${runId}; ${advice}`);
    }
    if (this.#last?.execution !== execution) {
      this.#last = null;
      const histories = historiesIn(await parsed(execution.file));
      this.#last = { execution, events: exportedEvents(histories[execution.index]) };
    }
    return this.#last.events;
  }
}

/** The files that paths lead to, in the order of their names. */
async function* filesIn(paths: readonly string[]): AsyncIterable<string> {
  for (const path of paths) {
    const found = await stat(path).catch((error: unknown) => {
      throw new KernelError('RunNotFound', `${path} can't be read: ${messageOf(error)}`, { cause: error });
    });
    if (!found.isDirectory()) {
      yield path;
      continue;
    }
    const entries = await readdir(path, { withFileTypes: true });
    entries.sort((one, other) => (one.name < other.name ? -1 : 1));
    for (const entry of entries) {
      if (entry.isDirectory()) yield* filesIn([join(path, entry.name)]);
      else if (entry.isFile() && entry.name.endsWith('.json')) yield join(path, entry.name);
    }
  }
}

async function parsed(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8');
  try {
    // Windows' editors, and its redirections, begin a file with a mark of its encoding.
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new KernelError('HistoryMismatch', `not JSON: ${messageOf(error)}`, { cause: error });
  }
}

/** A file has a history, or a list of histories, or, as old tools wrote it, the bare list of one history's events. */
function historiesIn(json: unknown): readonly unknown[] {
  if (!Array.isArray(json)) return [json];
  const [first] = json as readonly unknown[];
  return isPlainObject(first) && 'eventId' in first ? [{ events: json }] : json;
}

/** What the index keeps of a history: only the events that say ids are read. */
function idsIn(history: unknown): {
  readonly first: HistoryEvent;
  readonly executionId: string;
  readonly events: number;
} {
  const given: unknown = isPlainObject(history) ? history['events'] : undefined;
  const events: readonly unknown[] = Array.isArray(given) ? given : [];
  const telling = events.filter(
    (event, index) => index === 0 || (isPlainObject(event) && 'workflowTaskFailedEventAttributes' in event),
  );
  let read: readonly HistoryEvent[];
  try {
    read = historyFromJson(isPlainObject(history) ? { events: telling } : history);
  } catch (error) {
    throw isKernelError(error) ? error : notHistory(messageOf(error));
  }
  const [first] = read;
  const executionId = executionIdIn(read);
  if (first?.workflowExecutionStartedEventAttributes == null || !executionId) throw notHistory('it has no start');
  return { first, executionId, events: events.length };
}

function notHistory(reason: string): KernelError {
  return new KernelError('HistoryMismatch', `not an exported history: ${reason}`);
}
