/** How a stretch of short calls is done on Temporal: as one activity, which is given where the run stands. */
import { proxyActivities, TemporalFailure } from '@temporalio/workflow';
import {
  attemptTimeoutMsOf,
  BURST,
  shortCallOf,
  stretchStart,
  summaryOf,
  type ActionResult,
  type DefinedProgram,
  type Machine,
  type Program,
  type ShortCall,
} from '../kernel';
import { readBurst, resultOfFailure, type BurstInput, type BurstOutcome, type RunOptions } from '../protocol';

/** A burst that is later than its longest call by so many milliseconds was lost with its worker: no bounds of a burst are as wide (`burst-bounds.ts`). */
const LOST_AFTER_MS = 6_000;

/** A state with more UTF-16 units of JSON than this is not given to bursts: it would be in history once for each. */
const STATE_LENGTH_MAX = 64_000;

/** A burst that can begin. */
export interface Burst {
  readonly call: ShortCall;
  readonly input: BurstInput;
}

/** The burst that can begin where a run stands; null when what it waits for is to be an activity of its own. */
export function burstOf(program: Program, { bursts = true }: RunOptions, machine: Machine): Burst | null {
  const call = bursts ? shortCallOf(program, machine.waiting) : null;
  if (call === null || JSON.stringify(machine.state).length > STATE_LENGTH_MAX) return null;
  return { call, input: { version: program.version, checkpoint: stretchStart(machine) } };
}

/**
 * Does a burst. It is never told to stop: the server would forget its journal, if no attempt were under way then. It always ends soon, and
 * is tried again until it does. What it fails with all the same, when somebody outside fails it, is how its first action ends.
 */
export async function runBurst(program: Program, { call, input }: Burst): Promise<BurstOutcome | ActionResult> {
  const activities = proxyActivities<Record<typeof BURST, (input: BurstInput) => Promise<unknown>>>({
    activityId: call.actionId,
    summary: `${BURST}: ${summaryOf(program, call.action)}, …`,
    startToCloseTimeout: longestCallMs(program) + LOST_AFTER_MS,
    retry: { initialInterval: 100, backoffCoefficient: 2, maximumInterval: 10_000 },
  });
  try {
    return readBurst(await activities[BURST](input));
  } catch (failure) {
    if (failure instanceof TemporalFailure) return resultOfFailure(failure);
    throw failure;
  }
}

function longestCallMs(program: Program): number {
  const { tools } = program as DefinedProgram;
  return Math.max(
    ...Object.values(tools).flatMap((tool) => (tool.short === undefined ? [] : [attemptTimeoutMsOf(tool)])),
  );
}
