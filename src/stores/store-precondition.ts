/**
 * Whether a write builds on what is stored: the same decision in every store, taken inside its transaction.
 *
 * Guarantees: a write that passes leaves a log without gaps, in which events and entries never drift apart. It reads
 * nothing but its arguments.
 */
import { KernelError } from '../kernel/error';
import type { RunId, Seq } from '../kernel/identity';
import type { RunRecord } from '../kernel/log-store';
import type { CheckedStep } from './store-input';

/** What a store holds of a run at the moment of a write. */
export interface Standing {
  /** The highest seq of the run's events; 0 without events. */
  readonly head: Seq;
  /** The mirrored run; null when no step of it was ever written. */
  readonly run: StandingRun | null;
}

/** What tells a mirrored run from another one of the same id, and where its mirror stands. */
export interface StandingRun extends Pick<RunRecord, 'firstExecutionId' | 'genesisHash'> {
  /** The position as canonical JSON. */
  readonly positionText: string;
}

/**
 * Checks an append of events that come without log entries.
 *
 * @param expectedHead the head that the writer has seen; null when it doesn't care
 * @throws KernelError `RunAlreadyStarted` when the run is a mirrored one: an event without an entry would end its log
 *   for good; `HeadConflict` when the head is another one
 */
export function assertAppendFits(runId: RunId, count: number, expectedHead: Seq | null, standing: Standing): void {
  if (standing.run !== null && count > 0) {
    const reason = 'is mirrored from an execution: its events come with its log entries, and in no other way';
    throw new KernelError('RunAlreadyStarted', `run ${JSON.stringify(runId)} ${reason}`);
  }
  if (expectedHead !== null) assertHead(runId, expectedHead, standing.head);
}

/**
 * Checks a mirror step.
 *
 * @throws KernelError `RunAlreadyStarted` when another run of that id is stored; `HeadConflict` when head or position
 *   are not the expected ones
 */
export function assertStepFits(step: CheckedStep, { head, run }: Standing): void {
  const { runId, firstExecutionId, genesisHash } = step.run;
  const name = JSON.stringify(runId);
  if (run === null) {
    assertHead(runId, step.expectedHead, head);
    if (step.expectedPositionText !== 'null') {
      throw new KernelError('HeadConflict', `run ${name} has no position yet, and the step expects one`);
    }
    if (head > 0) {
      throw new KernelError('RunAlreadyStarted', `run ${name} has ${head} events that no execution's log explains`);
    }
    return;
  }
  if (run.firstExecutionId !== firstExecutionId || run.genesisHash !== genesisHash) {
    const stored = `execution ${JSON.stringify(run.firstExecutionId)} with genesis hash ${run.genesisHash}`;
    const given = `execution ${JSON.stringify(firstExecutionId)} with genesis hash ${genesisHash}`;
    throw new KernelError('RunAlreadyStarted', `run ${name} is stored as ${stored}, and the step belongs to ${given}`);
  }
  assertHead(runId, step.expectedHead, head);
  if (run.positionText !== step.expectedPositionText) {
    throw new KernelError('HeadConflict', `run ${name} is at another position than the step expects`);
  }
}

function assertHead(runId: RunId, expected: Seq, head: Seq): void {
  if (expected !== head) {
    throw new KernelError(
      'HeadConflict',
      `run ${JSON.stringify(runId)} is at seq ${head}, and the writer expects ${expected}`,
    );
  }
}
