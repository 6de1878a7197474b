/** What a run says of itself: its worker answers. */
import type { Client } from '@temporalio/client';
import { decodeEvent, isKernelError, stepIdOf, type ChainedLog, type Json, type RunId } from '../kernel';
import { runNotFound } from '../mirror';
import {
  LOG_QUERY,
  PENDING_INTERRUPT_QUERY,
  STATE_QUERY,
  STATUS_QUERY,
  type LogLine,
  type LogPage,
  type LogRequest,
  type PendingInterrupt,
  type StatusReport,
} from '../protocol';
import { executionsOf } from './execution-chain';
import {
  isFailedInProgram,
  isGone,
  isUnanswered,
  programBroken,
  runFinished,
  workerUnavailable,
} from './request-failure';
import type { RunOwnership } from './run-ownership';
import { endedUnbegun } from './unbegun-execution';

/**
 * Asks runs.
 *
 * @throws KernelError `RunNotFound`, `WorkerUnavailable`, `ProgramBroken`; `RunFinished` of a run that ended before its first step. So does every method.
 */
export class RunQueries {
  readonly #client: Client;
  readonly #ownership: RunOwnership;

  constructor(client: Client, ownership: RunOwnership) {
    this.#client = client;
    this.#ownership = ownership;
  }

  async status(runId: RunId): Promise<StatusReport> {
    return await this.#ask<StatusReport>(runId, STATUS_QUERY);
  }

  async state(runId: RunId): Promise<Json> {
    return await this.#ask<Json>(runId, STATE_QUERY);
  }

  async pendingInterrupt(runId: RunId): Promise<PendingInterrupt | null> {
    return await this.#ask<PendingInterrupt | null>(runId, PENDING_INTERRUPT_QUERY);
  }

  /** The log, over all executions of the run's chain. */
  async log(runId: RunId): Promise<ChainedLog[]> {
    await this.#ownership.assertOwn(runId);
    const entries: ChainedLog[] = [];
    for (const executionId of await executionsOf(this.#client, runId)) {
      for (;;) {
        const page = await this.#logPage(runId, executionId, { from: entries.length + 1 });
        entries.push(...(page?.entries ?? []).map((line) => entryOf(runId, line)));
        if (page === null || page.entries.length === 0 || entries.length >= page.head) break;
      }
    }
    return entries;
  }

  /** A page of an execution's log; null when the execution ended before its first step. */
  async #logPage(runId: RunId, executionId: string, request: LogRequest): Promise<LogPage | null> {
    try {
      return await this.#ask<LogPage>(runId, LOG_QUERY, executionId, request);
    } catch (error) {
      if (isKernelError(error, 'RunFinished')) return null;
      throw error;
    }
  }

  async #ask<R>(runId: RunId, query: string, executionId?: string, ...args: unknown[]): Promise<R> {
    await this.#ownership.assertOwn(runId);
    try {
      return await this.#client.workflow.getHandle(runId, executionId).query<R, unknown[]>(query, ...args);
    } catch (error) {
      if (isUnanswered(error)) {
        throw (await endedUnbegun(this.#client, runId, executionId))
          ? runFinished(runId, error)
          : workerUnavailable(runId, error);
      }
      if (isFailedInProgram(error)) throw programBroken(runId, error);
      throw isGone(error) ? runNotFound(runId, error) : error;
    }
  }
}

function entryOf(runId: RunId, { seq, event: wire, state_hash: stateHash, hash }: LogLine): ChainedLog {
  const event = decodeEvent(wire);
  return { threadId: runId, stepId: stepIdOf(event), eventIndex: seq, event, stateHash, hash };
}
