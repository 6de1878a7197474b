/**
 * The sides of the benches that go against hand-written workflows. Each has a worker and a task queue of its own, all of them in
 * this process and on one server; a side that nobody measures only polls.
 */
import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { KernelClient } from '../../src/client';
import { createWorker, STICKY_TIMEOUT_MS } from '../../src/worker';
import type { BenchServer } from './bench-server';
import * as activities from './hand-written-activities';
import type { HandWrittenQuestion } from './hand-written-questions';
import { asker, sprinter, stepper } from './steps-program';

/** Steps of a short run, where many are done at once. */
export const SHORT_STEPS = 10;

/** One way to do the work. */
export type SideName = 'hand-written' | 'ours' | 'ours in bursts' | 'local activities';

export const SIDES: readonly SideName[] = ['hand-written', 'ours', 'ours in bursts', 'local activities'];

/** A side's run that asks. */
export interface AskingRun {
  readonly runId: string;
  /** Answers what is asked, and returns when the next question is asked. */
  answer(): Promise<void>;
  end(): Promise<void>;
}

/** A way to do the work, with a worker that does it. */
export interface Side {
  readonly name: SideName;
  /**
   * Does one run of so many steps, to its end.
   *
   * @returns the run's id
   * @throws Error when its outcome is not that it took those steps
   */
  run(steps: number): Promise<string>;
  /** Starts a run that takes so many steps and then asks; null where this side has none. */
  ask: ((steps: number) => Promise<AskingRun>) | null;
}

const PROGRAMS = [asker, sprinter, stepper];

/** The task queues of the sides. */
export const OUR_QUEUE = 'bench-ours';
export const HAND_WRITTEN_QUEUE = 'bench-hand-written';

/** A worker for our side. */
export async function ourWorker(options: Partial<WorkerOptions>): Promise<Worker> {
  return await createWorker({
    workflowsPath: require.resolve('./steps-workflows'),
    ...options,
    programs: PROGRAMS,
    taskQueue: OUR_QUEUE,
  });
}

/**
 * A worker for the hand-written side, with Temporal's own defaults but for one timeout, which is ours. For each task the server has a timer of that
 * length, and works when it goes off, although nobody was late: so that this falls into the turns of both sides alike.
 */
export async function handWrittenWorker(options: Partial<WorkerOptions>): Promise<Worker> {
  return await Worker.create({
    stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT_MS,
    ...(options.workflowBundle === undefined ? { workflowsPath: require.resolve('./hand-written-workflows') } : {}),
    ...options,
    activities,
    taskQueue: HAND_WRITTEN_QUEUE,
  });
}

/** All sides, and what stops their workers. */
export async function openSides(
  server: BenchServer,
): Promise<{ readonly sides: readonly Side[]; readonly close: () => Promise<void> }> {
  const connection = server.native;
  const workers = [await ourWorker({ connection }), await handWrittenWorker({ connection })];
  const stopped = Promise.all(workers.map((worker) => worker.run()));
  return {
    sides: SIDES.map((name) => sideOf(server, name)),
    close: async () => {
      for (const worker of workers) worker.shutdown();
      await stopped;
    },
  };
}

/** A side on its own; somebody else runs its worker. */
export function sideOf(server: BenchServer, name: SideName): Side {
  switch (name) {
    case 'ours':
      return { name, run: ours(server, stepper), ask: (steps) => askOurs(server, steps) };
    case 'ours in bursts':
      return { name, run: ours(server, sprinter), ask: null };
    case 'hand-written':
      return { name, run: handWritten(server, 'steps'), ask: (steps) => askByHand(server, steps) };
    case 'local activities':
      return { name, run: handWritten(server, 'localSteps'), ask: null };
  }
}

function ours({ client }: BenchServer, program: typeof sprinter | typeof stepper): Side['run'] {
  const kernel = ourKernel(client);
  return async (steps) => {
    const { runId } = await kernel.start(program, { initialState: { steps } });
    const outcome: unknown = await client.workflow.getHandle(runId).result();
    assertDone((outcome as { readonly state?: unknown }).state, steps, runId);
    return runId;
  };
}

async function askOurs({ client }: BenchServer, steps: number): Promise<AskingRun> {
  const kernel = ourKernel(client);
  const { runId } = await kernel.start(asker, { initialState: { steps } });
  await kernel.runUntilBlocked(runId);
  let pending = await kernel.pendingInterrupt(runId);
  return {
    runId,
    answer: async () => {
      const answered = pending?.id ?? '';
      await kernel.resume(runId, 1, { interruptId: answered });
      pending = await kernel.pendingInterrupt(runId);
      assertAsked(pending?.id, answered, runId);
    },
    end: async () => {
      await client.workflow.getHandle(runId).terminate();
    },
  };
}

function ourKernel(client: Client): KernelClient {
  return new KernelClient({ client, programs: PROGRAMS, taskQueue: OUR_QUEUE });
}

function handWritten({ client }: BenchServer, workflow: string): Side['run'] {
  return async (steps) => {
    const workflowId = `${workflow}-${randomUUID()}`;
    const handle = await client.workflow.start(workflow, {
      workflowId,
      taskQueue: HAND_WRITTEN_QUEUE,
      args: [steps],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
    });
    assertDone(await handle.result(), steps, workflowId);
    return workflowId;
  };
}

async function askByHand({ client }: BenchServer, steps: number): Promise<AskingRun> {
  const workflowId = `questions-${randomUUID()}`;
  const handle = await client.workflow.start('questions', {
    workflowId,
    taskQueue: HAND_WRITTEN_QUEUE,
    args: [steps],
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
  });
  const asked = async (): Promise<HandWrittenQuestion | null> => await handle.query('pending');
  let pending = await asked();
  while (pending === null) pending = await asked();
  return {
    runId: workflowId,
    answer: async () => {
      const { id } = pending as HandWrittenQuestion;
      await handle.executeUpdate('answer', { args: [{ id, value: 1 }], updateId: randomUUID() });
      pending = await asked();
      assertAsked(pending?.id, id, workflowId);
    },
    end: async () => {
      await handle.terminate();
    },
  };
}

function assertDone(outcome: unknown, steps: number, runId: string): void {
  if ((outcome as { readonly done?: unknown } | null)?.done === steps) return;
  throw new Error(`run ${runId} ended with ${JSON.stringify(outcome)}, and not after ${steps} steps`);
}

function assertAsked(asked: string | undefined, answered: string, runId: string): void {
  if (asked !== undefined && asked !== answered) return;
  throw new Error(`run ${runId} did not ask anew after the answer to ${answered}`);
}
