/** What a run says of itself when somebody asks it. */
import {
  askIn,
  pendingActionsOf,
  statusOf,
  type Json,
  type Machine,
  type Program,
  type Refusal,
  type Waiting,
} from '../kernel';
import type { PendingInterrupt, StatusReport } from '../protocol';
import { childOf } from './action-runner';
import { formOf } from './answer-form';

/** Inputs that the run has refused in this execution. */
export interface Refused {
  readonly count: number;
  readonly last: Refusal | null;
}

export function reportOf(program: Program, { runId, head, waiting }: Machine, refused: Refused): StatusReport {
  const children = pendingActionsOf(waiting).filter(
    ({ action, denied }) => denied === undefined && childOf(program, action) !== null,
  );
  return {
    runId,
    program: program.name,
    version: program.version,
    head,
    status: statusOf(waiting),
    refused: refused.count,
    lastRefusal: refused.last,
    children: children.map(({ actionId }) => actionId),
  };
}

/** What the run asks; null when it asks nothing. */
export function pendingOf(program: Program, waiting: Waiting): PendingInterrupt | null {
  if (waiting.for !== 'answer' || statusOf(waiting).status !== 'blocked') return null;
  const { interruptId: id, interrupt, ballot } = waiting;
  const { value } = interrupt;
  if (ballot === undefined) return { id, value };
  const form = formOf(program, askIn(value), ballot);
  const { proposal, votes, stage } = ballot;
  return { id, value, ballot: { proposal, votes, stage }, ...(form === null ? {} : { form: form as Json }) };
}
