/**
 * What the server is told of where a run stands.
 *
 * Without it a workflow task might answer nothing, and Temporal replays such a task and the next one as one activation: answers would then
 * come before their question, or before a signal that came earlier, and a long history would be noticed before the step that was taken without it.
 */
import { upsertMemo, workflowInfo } from '@temporalio/workflow';
import { isBlocked, type Machine, type Waiting } from '../kernel';
import { BLOCKED_MEMO, HEARD_MEMO, saysWhereItStands, type AnswerReceipt, type StandsAt } from '../protocol';
import type { RunLog } from './run-log';

export class RunStanding {
  readonly #machine: Machine;
  readonly #log: RunLog;
  /** Whether a signal was heard since the run last said where it stands. */
  #heard = false;
  /** The length of the history when a receipt last vouched for the log: it is the same throughout an activation. */
  #vouchedAt = 0;
  #announced: Waiting | null = null;

  constructor(machine: Machine, log: RunLog) {
    this.#machine = machine;
    this.#log = log;
  }

  /** A signal was heard. */
  hear(): void {
    this.#heard = true;
  }

  /** The receipt for an input that was delivered just now. */
  receipt(withHash: boolean): AnswerReceipt {
    const seq = this.#machine.head;
    if (!withHash) return { seq };
    this.#vouchedAt = workflowInfo().historyLength;
    return { seq, hash: this.#log.hash() };
  }

  /** Tells the server, when the run is blocked or heard a signal. */
  announce(waiting: Waiting): void {
    const hasGrown = waiting !== this.#announced;
    const hasVouched = this.#vouchedAt === workflowInfo().historyLength;
    const says = saysWhereItStands({ waiting, hasGrown, hasHeard: this.#heard, hasVouched });
    if (isBlocked(waiting)) this.#announced = waiting;
    this.#heard = false;
    if (!says) return;
    const stands: StandsAt = { seq: this.#machine.head, hash: this.#log.hash() };
    upsertMemo({ [isBlocked(waiting) ? BLOCKED_MEMO : HEARD_MEMO]: stands });
  }
}
