/**
 * Where a run stands, as its shells report it.
 *
 * Source: Oris kernel, `driver::RunStatus`. Beyond it, a run can be `cancelled`, and a denial is told from a failure.
 */
import type { InterruptId } from './identity';
import { resumptionIn } from './resumption';
import type { InterruptInfo } from './step';
import type { DenialCode, Waiting } from './waiting';

/** What a blocked run waits for: an answer, or a signal. */
export interface BlockedInfo {
  readonly interrupt: (InterruptInfo & { readonly id: InterruptId }) | null;
  /** The name of the awaited signal. */
  readonly waitSignal: string | null;
}

/** Where a run stands. */
export type RunStatus =
  | { readonly status: 'running' }
  | { readonly status: 'blocked'; readonly blocked: BlockedInfo }
  /** Somebody has paused it. */
  | { readonly status: 'paused'; readonly by: string | null; readonly reason: string | null }
  | { readonly status: 'completed' }
  | { readonly status: 'failed'; readonly recoverable: boolean; readonly error: string }
  | { readonly status: 'denied'; readonly code: DenialCode; readonly reason: string }
  | { readonly status: 'cancelled' };

/** The status of a run that waits for this. */
export function statusOf(waiting: Waiting): RunStatus {
  switch (waiting.for) {
    case 'step':
      return { status: 'running' };
    case 'action':
      return waiting.action.type === 'WaitSignal'
        ? { status: 'blocked', blocked: { interrupt: null, waitSignal: waiting.action.name } }
        : { status: 'running' };
    case 'actions':
      return { status: 'running' };
    case 'answer': {
      const resumption = resumptionIn(waiting.interrupt.value);
      if (resumption?.type === 'pause') return { status: 'paused', ...resumption.pause };
      const interrupt = { id: waiting.interruptId, value: waiting.interrupt.value };
      return { status: 'blocked', blocked: { interrupt, waitSignal: null } };
    }
    case 'nothing':
      switch (waiting.outcome.type) {
        case 'failed':
          return { status: 'failed', recoverable: false, error: waiting.outcome.error };
        case 'denied':
          return { status: 'denied', code: waiting.outcome.code, reason: waiting.outcome.reason };
        default:
          return { status: waiting.outcome.type };
      }
  }
}

/** Whether a run has ended. */
export function isFinished({ status }: RunStatus): boolean {
  return status !== 'running' && status !== 'blocked' && status !== 'paused';
}
