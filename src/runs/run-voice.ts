/**
 * What people say to a run. Answers, pauses and messages are updates: what is refused leaves no trace in history, and what the server drops
 * with a workflow task that it tries again is said again.
 */
import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { isKernelError, type Json, type KernelError, type RunId } from '../kernel';
import { runNotFound } from '../mirror';
import {
  ANSWER_UPDATE,
  CONTROL_UPDATE,
  NAMED_SIGNAL,
  STATUS_QUERY,
  type Answer,
  type AnswerReceipt,
  type Control,
  type StatusReport,
} from '../protocol';
import { answerNotTaken, isGone, isNotTaken, refusalOf, runFinished } from './request-failure';
import { lastTaskFailure } from './task-failure';

/** How often something is said again that the server dropped with a workflow task that it tries again. */
const ATTEMPTS_MAX = 20;

/** Speaks to runs. @throws KernelError `RunNotFound`, `RunFinished`: so does every method */
export class RunVoice {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Gives an answer. @throws KernelError with the reason of a refusal; `ProgramBroken` */
  async answer(runId: RunId, answer: Answer): Promise<AnswerReceipt> {
    return await this.#orGone(runId, () => this.#say(runId, ANSWER_UPDATE, { ...answer, receipt: 'hash' }));
  }

  /** Pauses, lets go on, or steers. @throws KernelError as {@link answer} */
  async control(runId: RunId, control: Control): Promise<AnswerReceipt> {
    return await this.#orGone(runId, () => this.#say(runId, CONTROL_UPDATE, control));
  }

  /** Sends a named signal. */
  async signal(runId: RunId, name: string, value: Json): Promise<void> {
    await this.#orGone(runId, () => this.#client.workflow.getHandle(runId).signal(NAMED_SIGNAL, { name, value }));
  }

  /** Asks a run to stop. */
  async cancel(runId: RunId): Promise<void> {
    const handle = this.#client.workflow.getHandle(runId);
    await this.#orGone(runId, async () => {
      const { status } = await handle.describe();
      // The server takes a cancel of an ended run without a word.
      if (status.name !== 'RUNNING') throw runFinished(runId, undefined);
      await handle.cancel();
    });
  }

  async #say(runId: RunId, update: string, said: Answer | Control): Promise<AnswerReceipt> {
    const updateId = said.id ?? randomUUID();
    const handle = this.#client.workflow.getHandle(runId);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await handle.executeUpdate<AnswerReceipt, [unknown]>(update, { args: [said], updateId });
      } catch (error) {
        if (isGone(error)) throw error;
        if (!isNotTaken(error)) {
          const refusal = refusalOf(error);
          // It was said before, perhaps in an execution that the server asks no more: the run has it.
          if (isKernelError(refusal, 'AlreadyTaken')) return { seq: await this.#headOf(runId), again: true };
          throw refusal;
        }
        const failed = await lastTaskFailure(this.#client, runId);
        // Something else came in between, and the task is tried again, but without what was said. It has an id, so it can be said again.
        if (failed?.isRoutine === true && attempt < ATTEMPTS_MAX) continue;
        throw answerNotTaken(runId, failed?.failure ?? error);
      }
    }
  }

  async #orGone<R>(runId: RunId, say: () => Promise<R>): Promise<R> {
    try {
      return await say();
    } catch (error) {
      throw isGone(error) ? await this.#goneOf(runId, error) : error;
    }
  }

  /** The server says of an ended run, as of an unknown one, that it is not found. */
  async #goneOf(runId: RunId, cause: unknown): Promise<KernelError> {
    try {
      await this.#client.workflow.getHandle(runId).describe();
    } catch (error) {
      if (isGone(error)) return runNotFound(runId, cause);
      throw error;
    }
    return runFinished(runId, cause);
  }

  async #headOf(runId: RunId): Promise<number> {
    return (await this.#client.workflow.getHandle(runId).query<StatusReport>(STATUS_QUERY)).head;
  }
}
