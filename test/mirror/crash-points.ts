/**
 * The points of a mirror's loop at which a process may be lost, and what brings a mirror to them: a source and a store that are the
 * real ones, and that end the process at the point that they were told. Nothing in the mirror knows of it.
 */
import type { RunId } from '../../src/kernel';
import type { HistoryEvent, HistorySource } from '../../src/mirror';
import type { BoundStatement } from '../../src/stores/sql-statement';
import type { Change, SqlDatabase } from '../../src/stores/sql-database';
import { SqlStore } from '../../src/stores/sql-store';

/** In the order in which a mirror passes them. */
export const CRASH_POINTS = [
  'before anything',
  'after the current execution is known',
  'before the stored run is loaded',
  'after the stored run was loaded',
  'before an execution is read',
  'between two events',
  'after an execution was read',
  'before the transaction',
  'in the transaction, before its first write',
  'in the transaction, after a write',
  'in the transaction, after its last write',
  'after the commit',
] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];

/** Ends this process when a point is passed for the so-manieth time. */
export class Crash {
  readonly #point: CrashPoint;
  #passes: number;

  constructor(point: CrashPoint, passes: number) {
    this.#point = point;
    this.#passes = passes;
  }

  /** Called at every point. */
  at(point: CrashPoint): void {
    if (point !== this.#point) return;
    this.#passes -= 1;
    // No handler runs, no buffer is flushed, nothing is closed.
    if (this.#passes === 0) process.kill(process.pid, 'SIGKILL');
  }
}

/** A source with the points of reading. */
export class CrashingSource implements HistorySource {
  readonly #source: HistorySource;
  readonly #crash: Crash;

  constructor(source: HistorySource, crash: Crash) {
    this.#source = source;
    this.#crash = crash;
  }

  async currentExecution(runId: RunId): Promise<string> {
    this.#crash.at('before anything');
    const executionId = await this.#source.currentExecution(runId);
    this.#crash.at('after the current execution is known');
    return executionId;
  }

  async startOf(runId: RunId, executionId: string): Promise<HistoryEvent> {
    return await this.#source.startOf(runId, executionId);
  }

  async *eventsAfter(runId: RunId, executionId: string, afterEventId: number): AsyncIterable<HistoryEvent> {
    this.#crash.at('before an execution is read');
    for await (const event of this.#source.eventsAfter(runId, executionId, afterEventId)) {
      yield event;
      this.#crash.at('between two events');
    }
    this.#crash.at('after an execution was read');
  }
}

/** A store on a database, with the points of writing. */
export class CrashingStore extends SqlStore {
  readonly #crash: Crash;

  constructor(database: SqlDatabase, crash: Crash) {
    super(crashing(database, crash));
    this.#crash = crash;
  }

  override async loadRun(...args: Parameters<SqlStore['loadRun']>): ReturnType<SqlStore['loadRun']> {
    this.#crash.at('before the stored run is loaded');
    const run = await super.loadRun(...args);
    this.#crash.at('after the stored run was loaded');
    return run;
  }
}

/** The database itself, but for the way in which it changes. */
function crashing(database: SqlDatabase, crash: Crash): SqlDatabase {
  const change = async <Reads extends readonly BoundStatement[], T>(asked: Change<Reads, T>): Promise<T> => {
    crash.at('before the transaction');
    const value = await database.change<Reads, T>({
      ...asked,
      decide: (rows) => {
        const decision = asked.decide(rows);
        return { ...decision, writes: new CrashingWrites(decision.writes, crash) };
      },
    });
    crash.at('after the commit');
    return value;
  };
  return new Proxy(database, {
    get: (target, name) => {
      if (name === 'change') return change;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

/** The writes of a transaction: whoever takes the next one has made the one before. */
class CrashingWrites extends Array<BoundStatement> {
  readonly #crash: Crash;

  constructor(writes: readonly BoundStatement[], crash: Crash) {
    super();
    this.push(...writes);
    this.#crash = crash;
  }

  override *[Symbol.iterator](): ArrayIterator<BoundStatement> {
    this.#crash.at('in the transaction, before its first write');
    for (let index = 0; index < this.length; index += 1) {
      yield this[index] as BoundStatement;
      this.#crash.at('in the transaction, after a write');
    }
    this.#crash.at('in the transaction, after its last write');
  }
}
