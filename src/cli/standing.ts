/** Where a run stands, as its stored log and the position beside it tell. */
import {
  describe,
  isPaused,
  KernelError,
  pendingActionsOf,
  statusOf,
  summaryOf,
  type Json,
  type Program,
  type StoredRun,
  type Waiting,
} from '../kernel';
import { positionFromJson } from '../mirror';
import { askOutput } from './ask-output';
import type { AskOutput } from './output/ask';
import { questionText, saidText } from './resumption-text';

/** What a blocked run waits for: an answer to an interrupt, or a signal. */
export type Asks =
  | { readonly type: 'interrupt'; readonly interruptId: string; readonly value: Json; readonly ask?: AskOutput }
  | { readonly type: 'signal'; readonly name: string };

export type StatusName =
  'running' | 'blocked' | 'paused' | 'completed' | 'failed' | 'denied' | 'cancelled' | 'terminated' | 'timedOut';

/** Where a run stands. */
export interface Standing {
  readonly status: StatusName;
  /** Why it ended as it did; null where that goes without saying. */
  readonly reason: string | null;
  /** What it asks; null when it asks nothing. */
  readonly asks: Asks | null;
  /** What it waits for, in words; null when it has ended. */
  readonly waitsFor: string | null;
  readonly state: Json;
  readonly toolCalls: number;
  readonly llmTokens: number;
  /** Inputs that it was sent and has not read yet. */
  readonly unread: number;
}

/**
 * Where a run stands.
 *
 * @throws KernelError `LogCorrupt` for a run that was stored without a position
 */
export function standingOf(run: Pick<StoredRun, 'runId' | 'position'>, program: Program | null): Standing {
  const position = positionFromJson(run.position);
  if (position === null) throw new KernelError('LogCorrupt', `run ${run.runId} is stored without a position`);
  const { checkpoint, closed } = position;
  const { waiting, state, spent, inbox, signals } = checkpoint;
  const told = statusOf(waiting);
  // What the server did to a run is in no event of its log.
  const isStopped = closed === 'terminated' || closed === 'timedOut';
  const hasEnded = waiting.for === 'nothing' || closed !== null;
  const status = isStopped ? closed : hasEnded && waiting.for !== 'nothing' ? (closed ?? told.status) : told.status;
  return {
    status,
    reason: isStopped ? null : reasonOf(told),
    asks: hasEnded ? null : asksOf(waiting),
    waitsFor: hasEnded ? null : waitsForText(waiting, program),
    state,
    toolCalls: spent.toolCalls,
    llmTokens: spent.llmTokens,
    unread: hasEnded ? 0 : inbox.length + signals.length,
  };
}

/** Whether the run is over. */
export function hasEnded({ status }: Pick<Standing, 'status'>): boolean {
  return status !== 'running' && status !== 'blocked' && status !== 'paused';
}

/** A question in one line. */
export function asksText(asks: Asks): string {
  if (asks.type === 'signal') return `waits for signal ${asks.name}`;
  const { ask, value } = asks;
  return ask === undefined ? `asks ${JSON.stringify(value)}` : `asks: ${questionText(ask)}`;
}

function asksOf(waiting: Waiting): Asks | null {
  if (waiting.for === 'answer' && !isPaused(waiting)) {
    const { interruptId, interrupt, ballot } = waiting;
    const ask = ballot === undefined ? {} : { ask: askOutput(ballot) };
    return { type: 'interrupt', interruptId, value: interrupt.value, ...ask };
  }
  const isSignal = waiting.for === 'action' && waiting.action.type === 'WaitSignal';
  return isSignal ? { type: 'signal', name: waiting.action.name } : null;
}

function waitsForText(waiting: Waiting, program: Program | null): string {
  if (waiting.for === 'answer' && isPaused(waiting)) return `its pause to end: ${saidText(waiting.interrupt.value)}`;
  const actions = pendingActionsOf(waiting);
  if (actions.length === 0 || program === null) return describe(waiting);
  return `${describe(waiting)}: ${actions.map(({ action }) => summaryOf(program, action)).join('; ')}`;
}

function reasonOf(status: ReturnType<typeof statusOf>): string | null {
  if (status.status === 'failed') return status.error;
  return status.status === 'denied' ? `${status.code}: ${status.reason}` : null;
}
