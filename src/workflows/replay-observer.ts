/**
 * Interceptor module for bundles that verify: the log of every run goes out through a sink as it is made, also while a history
 * is replayed. It is bundled beside the real workflows, so what comes out is what the real code does.
 */
import { proxySinks, type WorkflowInterceptors } from '@temporalio/workflow';
import { encodeEvent, hashOf } from '../kernel';
import type { ReplaySinks } from '../protocol';
import { observeRuns } from './run-observer';

const { replayedLog } = proxySinks<ReplaySinks>();

/** Called by Temporal when a workflow begins in this sandbox. */
export function interceptors(): WorkflowInterceptors {
  observeRuns(({ seq, event, state }) => {
    replayedLog.appended({ seq, event: encodeEvent(event), stateHash: hashOf(state) });
  });
  return {};
}
