/** After every attempt of an activity, the mirror beside the worker is told that a run may move. It never changes what an attempt gives. */
import { Context } from '@temporalio/activity';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import type { RunId } from '../kernel';

export class WakeInterceptor implements ActivityInboundCallsInterceptor {
  readonly #wake: (workflowType: string, runId: RunId) => void;

  constructor(wake: (workflowType: string, runId: RunId) => void) {
    this.#wake = wake;
  }

  async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>): Promise<unknown> {
    const { workflowExecution, workflowType } = Context.current().info;
    try {
      return await next(input);
    } finally {
      // An activity that nobody's workflow started belongs to no run.
      if (workflowExecution !== undefined && workflowType !== undefined)
        this.#wake(workflowType, workflowExecution.workflowId);
    }
  }
}
