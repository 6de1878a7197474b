/**
 * Reads a run's chain of executions through a fold, from wherever the fold stands to the end of what history has.
 */
import { KernelError, type Program, type ProgramSet, type RunId, type RunRecord } from '../kernel';
import { ActivationCutter, type Activation } from './activation';
import type { HistoryDecoder } from './history-decoder';
import type { HistoryEvent } from './history-event';
import { wasReset } from './history-mismatch';
import type { HistorySource } from './history-source';
import { assertCarried, runRecordOf } from './execution-start';
import type { RunFold } from './run-fold';
import { versionIn } from './version-mark';

/** The first event of a run, and what it says. */
export interface RunStart {
  readonly program: Program;
  readonly run: RunRecord;
}

/**
 * Reads what a run is from its first event, and from its first activation which version of the program it was made with. (Until
 * there is one, the newest: nothing that it did can be told of then.)
 *
 * @throws KernelError `RunNotFound`, `UnknownProgram`, `UnknownProgramVersion`, `InvalidInitialState`
 */
export async function readStart(
  source: HistorySource,
  decoder: HistoryDecoder,
  programs: ProgramSet,
  runId: RunId,
): Promise<RunStart> {
  const executionId = await source.firstExecution(runId);
  const { started, first } = await firstActivation(source, runId, executionId);
  const name = started.workflowExecutionStartedEventAttributes?.workflowType?.name ?? '';
  const newest = programs.newest(name);
  const program = first === null ? newest : programs.version(name, await versionIn(first, name, decoder));
  return { program, run: await runRecordOf(program, runId, executionId, started, decoder) };
}

async function firstActivation(
  source: HistorySource,
  runId: RunId,
  executionId: string,
): Promise<{ readonly started: HistoryEvent; readonly first: Activation | null }> {
  const cutter = new ActivationCutter();
  let started: HistoryEvent | undefined;
  for await (const event of source.eventsAfter(runId, executionId, 0)) {
    started ??= event;
    const first = cutter.feed(event).find((whole) => 'completed' in whole);
    if (first !== undefined) return { started, first };
  }
  if (started === undefined) throw new KernelError('RunNotFound', `run ${runId} has no history`);
  return { started, first: cutter.finish()[0] ?? null };
}

/**
 * Feeds a fold with what is new, execution by execution.
 *
 * @param afterEach called after each activation, when the fold's position is a good one to go on from
 */
export async function readChain(
  source: HistorySource,
  decoder: HistoryDecoder,
  fold: RunFold,
  afterEach: () => Promise<void>,
): Promise<void> {
  const { runId } = fold.machine;
  for (;;) {
    await readExecution(source, decoder, fold, runId, afterEach);
    const next = fold.nextExecutionId;
    if (next === null) {
      await assertNotReset(source, fold);
      return;
    }
    fold.enterExecution(next);
  }
}

async function assertNotReset(source: HistorySource, fold: RunFold): Promise<void> {
  if (fold.position().closed !== 'terminated') return;
  const { runId } = fold.machine;
  const current = await source.currentExecution(runId);
  if (current !== null && current !== fold.executionId) throw wasReset(runId);
}

async function readExecution(
  source: HistorySource,
  decoder: HistoryDecoder,
  fold: RunFold,
  runId: RunId,
  afterEach: () => Promise<void>,
): Promise<void> {
  const { lastEventId } = fold.position();
  const cutter = new ActivationCutter();
  let event: HistoryEvent | undefined;
  for await (event of source.eventsAfter(runId, fold.executionId, lastEventId)) {
    const started = event.workflowExecutionStartedEventAttributes;
    if (started?.continuedExecutionRunId) await assertCarried(event, fold, decoder);
    for (const whole of cutter.feed(event)) {
      await fold.feed(whole);
      await afterEach();
    }
  }
  for (const whole of cutter.finish()) {
    await fold.feed(whole);
    await afterEach();
  }
}
