/**
 * Interceptor module for workers with a mirror: when a run has moved, the mirror is told to look again. Nothing comes back, and a
 * worker without a mirror runs the same bundle.
 */
import { proxySinks, type WorkflowInterceptors } from '@temporalio/workflow';
import type { MirrorSinks } from '../protocol';

const { temporalKernelMirror } = proxySinks<MirrorSinks>();

/** Called by Temporal when a workflow begins in this sandbox. */
export function interceptors(): WorkflowInterceptors {
  return {
    internals: [
      {
        concludeActivation: (input, next) => {
          // A query moves nothing.
          const isQuery =
            input.commands.length > 0 && input.commands.every(({ respondToQuery }) => respondToQuery != null);
          if (!isQuery) temporalKernelMirror.moved();
          return next(input);
        },
      },
    ],
  };
}
