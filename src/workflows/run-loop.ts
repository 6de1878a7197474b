/**
 * The loop of a run: when something has happened, it lets the machine take its steps, starts what the machine waits for, and waits again.
 *
 * Guarantees: it looks when all that an activation brings has reached the machine. What breaks in it fails the workflow task.
 *
 * It is no loop of awaits: Temporal's sandbox takes a stack trace for every promise, and a step of this one makes none.
 */
import {
  allHandlersFinished,
  ApplicationFailure,
  CancelledFailure,
  condition,
  continueAsNew,
  setCurrentDetails,
} from '@temporalio/workflow';
import type { Outcome, Program, Waiting } from '../kernel';
import { ACTION_FAILED_TYPE, type FailedRun, type RunOptions, type RunOutcome } from '../protocol';
import { detailsOf } from './run-details';
import type { RunSession } from './run-session';
import { untraced } from './untraced';

export class RunLoop {
  readonly #program: Program;
  readonly #session: RunSession;
  readonly #options: RunOptions;
  #resolve: (outcome: RunOutcome) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;

  constructor(program: Program, session: RunSession, options: RunOptions) {
    this.#program = program;
    this.#session = session;
    this.#options = options;
  }

  /** Runs until the run has ended, or goes on in a new execution. */
  run(): Promise<RunOutcome> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#afterDelivery(() => {
        this.#look();
      });
    });
  }

  /** Lets all that an activation brings reach the machine. */
  #afterDelivery(goOn: () => void): void {
    this.#session.afterDelivery(() => {
      this.#guarded(goOn);
    });
  }

  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#reject(error);
    }
  }

  #look(): void {
    const session = this.#session;
    // An answer's receipt goes before whatever the answer leads to.
    if (!allHandlersFinished()) {
      session
        .shielded(() => condition(allHandlersFinished))
        .then(() => {
          this.#afterDelivery(() => {
            this.#look();
          });
        }, this.#reject);
      return;
    }
    session.throwIfBroken();
    session.settle();
    const { waiting } = session.machine;
    if (session.endAlarm()) {
      this.#afterDelivery(() => {
        this.#look();
      });
    } else if (waiting.for === 'nothing') {
      this.#resolve(conclude(session, waiting.outcome));
    } else if (waiting.for === 'step') {
      continueAsNew(null, { ...this.#options, carried: session.carried() }).catch(this.#reject);
    } else {
      this.#begin(waiting);
    }
  }

  #begin(waiting: Waiting): void {
    const session = this.#session;
    session.startAlarm();
    untraced(() => {
      session.startActions();
    });
    const wait = (): void => {
      this.#waitBehind(waiting);
    };
    // What was told to stop may have stopped at once.
    if (session.isStopping) this.#afterDelivery(wait);
    else wait();
  }

  #waitBehind(waiting: Waiting): void {
    if (this.#session.machine.waiting !== waiting) {
      this.#look();
      return;
    }
    setCurrentDetails(detailsOf(this.#program, this.#session));
    this.#session.whenChanged(waiting, () => {
      this.#guarded(() => {
        this.#look();
      });
    });
  }
}

function conclude(session: RunSession, outcome: Outcome): RunOutcome {
  const { runId, head, state } = session.machine;
  const hash = session.log.hash();
  const failed: FailedRun = { runId, head, hash };
  switch (outcome.type) {
    case 'completed':
      return { runId, head, hash, state };
    case 'failed':
      throw ApplicationFailure.create({
        type: ACTION_FAILED_TYPE,
        message: `action ${outcome.actionId} failed: ${outcome.error}`,
        nonRetryable: true,
        details: [failed],
      });
    case 'denied':
      throw ApplicationFailure.create({
        type: outcome.code,
        message: outcome.reason,
        nonRetryable: true,
        details: [failed],
      });
    case 'cancelled':
      throw new CancelledFailure('the run was cancelled', [failed]);
  }
}
