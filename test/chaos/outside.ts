/**
 * The outside of steady programs: answers each question and sends each signal that a run waits for, whatever happens to the server
 * meanwhile, and each with a value that follows from where it is asked. So two runs of one id get the same answers.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { isKernelError } from '../../src/kernel';
import { startedIn } from '../support/player';
import type { RunHarness } from '../support/run-harness';
import { persistently } from './persistently';

const LOOK_EVERY_MS = 300;

/** Whether the question that ends a stage may be answered yet. */
export type Gate = (stage: number) => boolean;

export const OPEN: Gate = () => true;

/** Sees a run to its end. @returns the ids of the runs below it, in no order */
export async function tend(harness: RunHarness, runId: string, gate: Gate): Promise<readonly string[]> {
  const children = new Map<string, Promise<readonly string[]>>();
  for (;;) {
    const { raw, status } = await persistently(() => harness.client.workflow.getHandle(runId).describe());
    if (status.name !== 'RUNNING') break;
    for (const { workflowId } of raw.pendingChildren ?? []) {
      if (workflowId && !children.has(workflowId)) children.set(workflowId, tend(harness, workflowId, OPEN));
    }
    const isBusy = [...(raw.pendingChildren ?? []), ...(raw.pendingActivities ?? [])].length > 0;
    if (!isBusy) await persistently(() => answer(harness, runId, gate));
    await pause(LOOK_EVERY_MS);
  }
  await Promise.all(children.values());
  // A child that was quick may never have been seen at work.
  const started = startedIn(await persistently(() => harness.kernel.log(runId)));
  const below = await Promise.all(started.map((childId) => children.get(childId) ?? tend(harness, childId, OPEN)));
  return [...started, ...below.flat()];
}

async function answer({ client, kernel }: RunHarness, runId: string, gate: Gate): Promise<void> {
  try {
    const { status, head } = await kernel.status(runId);
    if (status.status !== 'blocked') return;
    const { interrupt, waitSignal } = status.blocked;
    if (interrupt !== null) {
      if (typeof interrupt.value === 'number' && !gate(interrupt.value)) return;
      // It names its interrupt: given twice, it counts once.
      await kernel.resume(runId, `answer ${head}`, { interruptId: interrupt.id });
    } else {
      const { workflowService, options } = client.workflow;
      const { payloadConverter } = client.options.loadedDataConverter;
      await workflowService.signalWorkflowExecution({
        namespace: options.namespace,
        workflowExecution: { workflowId: runId },
        signalName: waitSignal ?? '',
        input: { payloads: [payloadConverter.toPayload({ amount: head })] },
        // The server drops a request that it has had.
        requestId: `${runId}-${head}`,
      });
    }
  } catch (error) {
    // What was sent before the server was lost has arrived after all.
    if (isKernelError(error, 'InterruptNotPending') || isKernelError(error, 'RunFinished')) return;
    throw error;
  }
}
