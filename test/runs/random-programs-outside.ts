/**
 * The outside of a random program on a real server: starts the run, makes the moves at their times, and then sees to it that the run
 * and all runs below it come to an end.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { isKernelError, type KernelErrorCode } from '../../src/kernel';
import { isGone } from '../../src/runs/request-failure';
import { playing, startedIn } from '../support/player';
import type { RunHarness } from '../support/run-harness';
import type { Early, Move, RandomProgram } from './random-programs';

/** How often a run is looked at that nobody sends anything any more. */
const LOOK_EVERY_MS = 150;

/** No program takes nearly so long: one that does is stuck. */
const STUCK_AFTER_MS = 180_000;

/** How an input may be refused: most come at a time that is not theirs. */
const REFUSALS: ReadonlySet<KernelErrorCode> = new Set<KernelErrorCode>([
  'InterruptNotPending',
  'InvalidAnswer',
  'RunFinished',
  'WorkerUnavailable',
]);

/** Where programs run: a harness, and how its worker is replaced by a new one that knows no run. */
export interface Stage {
  readonly harness: RunHarness;
  readonly restartWorker: () => Promise<void>;
  /** @throws Error when the SDK has given up the worker: then no run gets anywhere, and none is worth waiting for */
  readonly assertAlive: () => void;
}

/** Plays a program to its end. @returns the ids of the run and of the runs below it */
export async function playProgram(stage: Stage, program: RandomProgram): Promise<readonly string[]> {
  const { harness } = stage;
  const runId = await start(harness, program);
  await Promise.all(program.moves.map((move, index) => make(stage, runId, move, index)));
  return await bringToAnEnd(stage, runId);
}

async function start(harness: RunHarness, program: RandomProgram): Promise<string> {
  const initialState = playing(...program.script);
  const options = program.continueAfterEvents === null ? {} : { continueAfterEvents: program.continueAfterEvents };
  const runId = harness.newRunId();
  if (program.early === null) {
    await harness.kernel.start(program.player, { runId, initialState, ...options });
    return runId;
  }
  await harness.client.workflow.signalWithStart(program.player, {
    workflowId: runId,
    taskQueue: harness.taskQueue,
    args: [initialState, options],
    ...EARLY[program.early],
  });
  return runId;
}

const EARLY: Readonly<Record<Early, { readonly signal: string; readonly signalArgs: [unknown] }>> = {
  resume: { signal: 'resume', signalArgs: ['early'] },
  'wrong resume': { signal: 'resume', signalArgs: [4711] },
  payment: { signal: 'payment', signalArgs: [{ amount: 0 }] },
};

async function make(stage: Stage, runId: string, { afterMs, to, move }: Move, index: number): Promise<void> {
  const { harness } = stage;
  const { client, kernel, mirror } = harness;
  await pause(afterMs);
  const meant = to === 'child' ? ((await childrenOf(harness, runId))[0] ?? runId) : runId;
  const handle = client.workflow.getHandle(meant);
  const asked = { interruptId: `${meant}-1` };
  const send = async (): Promise<unknown> => {
    switch (move) {
      case 'answer':
        return await kernel.resume(meant, `answer ${index}`);
      case 'wrong answer':
        return await kernel.resume(meant, { approve: 'perhaps' });
      case 'late answer':
        return await kernel.resume(meant, { approve: false }, asked);
      case 'resume':
        await handle.signal('resume', `resume ${index}`);
        return null;
      case 'wrong resume':
        await handle.signal('resume', 4711);
        return null;
      case 'late resume':
        await handle.signal('resume', `late ${index}`, asked);
        return null;
      case 'stranger':
        await handle.signal('stranger', `stranger ${index}`);
        return null;
      case 'payment':
        await kernel.signal(meant, 'payment', { amount: index });
        return null;
      case 'wrong payment':
        await handle.signal('payment', { amount: 'much' });
        return null;
      case 'cancel':
        await kernel.cancel(meant);
        return null;
      case 'terminate':
        return await handle.terminate();
      case 'look':
        return await kernel.status(meant);
      case 'mirror':
        return await mirror.mirror(meant);
      case 'restart worker':
        await stage.restartWorker();
        return null;
    }
  };
  await send().catch(cameAtTheWrongTime);
}

function cameAtTheWrongTime(error: unknown): void {
  if (isGone(error) || (isKernelError(error) && REFUSALS.has(error.code))) return;
  throw error;
}

/** Nudges a run, and whatever runs below it, until all have ended. @returns all of them */
async function bringToAnEnd(stage: Stage, runId: string): Promise<readonly string[]> {
  const { harness } = stage;
  const deadlineMs = Date.now() + STUCK_AFTER_MS;
  while (!(await nudge(harness, runId))) {
    stage.assertAlive();
    if (Date.now() > deadlineMs) throw new Error(`run ${runId} does not end: ${await whatIsWrong(harness, runId)}`);
    await pause(LOOK_EVERY_MS);
  }
  const family = [runId];
  // A run that was terminated has ended before its children have, and perhaps before they began.
  for (const childId of startedIn(await logOf(stage, runId))) {
    if (await isThere(harness, childId)) family.push(...(await bringToAnEnd(stage, childId)));
  }
  return family;
}

async function isThere(harness: RunHarness, runId: string): Promise<boolean> {
  try {
    await harness.client.workflow.getHandle(runId).describe();
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

/** Answers what is asked, and cancels what would never end. @returns whether the run has ended */
async function nudge(harness: RunHarness, runId: string): Promise<boolean> {
  const { raw, status } = await harness.client.workflow.getHandle(runId).describe();
  if (status.name !== 'RUNNING') return true;
  const { pendingChildren, pendingActivities, pendingWorkflowTask } = raw;
  for (const { workflowId } of pendingChildren ?? []) await nudge(harness, workflowId ?? '').catch(cameAtTheWrongTime);
  if (pendingActivities?.some(({ activityType }) => activityType?.name === 'endless') === true) {
    await harness.kernel.cancel(runId).catch(cameAtTheWrongTime);
  }
  const pending = [...(pendingChildren ?? []), ...(pendingActivities ?? [])];
  const isBusy = pending.length > 0 || pendingWorkflowTask != null;
  if (!isBusy) await answer(harness, runId).catch(cameAtTheWrongTime);
  return false;
}

async function answer({ kernel }: RunHarness, runId: string): Promise<void> {
  const { status } = await kernel.status(runId);
  if (status.status !== 'blocked') return;
  if (status.blocked.waitSignal === null) await kernel.resume(runId, 'at last');
  else await kernel.signal(runId, status.blocked.waitSignal, { amount: 100 });
}

async function childrenOf(harness: RunHarness, runId: string): Promise<readonly string[]> {
  const { raw } = await harness.client.workflow.getHandle(runId).describe();
  return (raw.pendingChildren ?? []).flatMap(({ workflowId }) => workflowId ?? []);
}

/** A worker that is being replaced answers later. */
async function logOf({ harness, assertAlive }: Stage, runId: string): ReturnType<RunHarness['kernel']['log']> {
  for (const deadlineMs = Date.now() + STUCK_AFTER_MS; ;) {
    try {
      return await harness.kernel.log(runId);
    } catch (error) {
      if (!isKernelError(error, 'WorkerUnavailable') || Date.now() > deadlineMs) throw error;
    }
    assertAlive();
    await pause(LOOK_EVERY_MS);
  }
}

async function whatIsWrong(harness: RunHarness, runId: string): Promise<string> {
  const { events } = await harness.client.workflow.getHandle(runId).fetchHistory();
  const failed = events?.findLast((event) => event.workflowTaskFailedEventAttributes != null);
  const { failure } = failed?.workflowTaskFailedEventAttributes ?? {};
  return failure?.message ?? `its history has ${events?.length ?? 0} events, and none is a failed task`;
}
