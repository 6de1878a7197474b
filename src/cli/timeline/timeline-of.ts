/** The timeline of a run, with those of the runs that it started. */
import { timeText } from '../duration';
import { entriesOf, entryAt, type OpenedRun } from '../opened-run';
import type { TimelineOutput, TimelineStep } from '../output/timeline';
import { standingOf } from '../standing';
import { attemptsOf } from './attempts';
import { TimelineSteps } from './steps';

/** How much is read. */
export interface TimelineLimits {
  /** Entries of each run. */
  readonly entries: number;
  /** Runs below runs. */
  readonly depth: number;
}

/** Runs that are read for one timeline, besides the one that was asked for. */
const CHILDREN_MAX = 50;

export async function timelineOf(
  opened: OpenedRun,
  { entries, depth }: TimelineLimits,
  budget: { children: number } = { children: CHILDREN_MAX },
): Promise<TimelineOutput> {
  const { run, program } = opened;
  const to = Math.min(run.head, entries);
  const collected = new TimelineSteps(program, await attemptsOf(opened));
  for await (const entry of entriesOf(opened, 1, to)) collected.add(entry);
  const steps: TimelineStep[] = [];
  for (const step of collected.steps) {
    const { childRunId } = step;
    if (childRunId === null || depth === 0 || budget.children === 0) {
      steps.push(step);
      continue;
    }
    budget.children -= 1;
    const child = await opened.child(childRunId);
    const limits = { entries, depth: depth - 1 };
    steps.push({ ...step, child: child === null ? null : await timelineOf(child, limits, budget) });
  }
  const lastMs = run.head === 0 ? run.startedAtMs : (await entryAt(opened, run.head)).origin.timeMs;
  return {
    runId: run.runId,
    program: run.program,
    version: run.version,
    status: standingOf(run, program).status,
    head: run.head,
    startedAt: timeText(run.startedAtMs),
    lastEntryAt: timeText(lastMs),
    steps,
    entriesLeftOut: run.head - to,
  };
}
