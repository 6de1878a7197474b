/**
 * Reads a run's chain of executions through a fold, from wherever the fold stands to the end of what history has.
 */
import {
  isKernelError,
  KernelError,
  type Program,
  type ProgramSet,
  type RunBranch,
  type RunId,
  type RunRecord,
  type TenantId,
} from '../kernel';
import { ActivationCutter, type Activation } from './activation';
import type { HistoryDecoder } from './history-decoder';
import type { HistoryEvent } from './history-event';
import { HistoryOrder } from './history-order';
import type { HistorySource } from './history-source';
import { logIdOf, type ExecutionPath } from './execution-path';
import { assertCarried, assertPlace, runRecordOf, tenantOf } from './execution-start';
import type { RunFold } from './run-fold';
import { versionIn } from './version-mark';

/** The first event of a run, and what it says. */
export interface RunStart {
  readonly program: Program;
  readonly run: RunRecord;
  readonly tenant: TenantId;
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
  path: ExecutionPath,
  branch: RunBranch | null = null,
): Promise<RunStart> {
  const executionId = path.executions[0] as string;
  const { started, first } = await firstActivation(source, runId, executionId);
  const name = started.workflowExecutionStartedEventAttributes?.workflowType?.name ?? '';
  const newest = programs.newest(name);
  const program = first === null ? newest : programs.version(name, await versionIn(first, name, decoder));
  const ids = { runId, executionId, logId: logIdOf(runId, path, branch), branch };
  const tenant = await tenantOf(started, decoder);
  return { program, run: await runRecordOf(program, ids, started, decoder), tenant };
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
 * @param path the executions that the log goes through, where a reset made it another way than continue-as-new says
 * @param afterEach called after each activation, when the fold's position is a good one to go on from
 */
export async function readChain(
  source: HistorySource,
  decoder: HistoryDecoder,
  fold: RunFold,
  path: readonly string[],
  afterEach: () => Promise<void>,
): Promise<void> {
  let previous: Previous | null = null;
  for (;;) {
    await readExecution(source, decoder, fold, { path, previous }, afterEach);
    const { executionId, nextExecutionId } = fold;
    if (nextExecutionId === null) return;
    const at = path.indexOf(executionId);
    previous = { executionId, nextExecutionId, lastEventId: fold.position().lastEventId };
    fold.enterExecution((at === -1 ? undefined : path[at + 1]) ?? nextExecutionId);
  }
}

/** The execution that handed on, and the event with which it did. */
interface Previous {
  readonly executionId: string;
  readonly lastEventId: number;
  /** The execution that it handed on to. A reset may have put another in its place. */
  readonly nextExecutionId: string;
}

async function readExecution(
  source: HistorySource,
  decoder: HistoryDecoder,
  fold: RunFold,
  { path, previous }: { readonly path: readonly string[]; readonly previous: Previous | null },
  afterEach: () => Promise<void>,
): Promise<void> {
  const { runId } = fold.machine;
  const { executionId } = fold;
  const { lastEventId } = fold.position();
  const order = new HistoryOrder(lastEventId);
  const cutter = new ActivationCutter();
  let event: HistoryEvent | undefined;
  for await (event of eventsOf(source, runId, fold, previous)) {
    order.check(event);
    if (event.workflowExecutionStartedEventAttributes) {
      const first = previous === null ? event : await source.startOf(runId, path[0] ?? executionId);
      assertPlace(event, { runId, executionId, previous, first });
      if (previous !== null) await assertCarried(event, fold, decoder);
    }
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

/** What is new in the fold's execution. That an execution is missing is said where the one before names it. */
async function* eventsOf(
  source: HistorySource,
  runId: RunId,
  fold: RunFold,
  previous: Previous | null,
): AsyncIterable<HistoryEvent> {
  try {
    yield* source.eventsAfter(runId, fold.executionId, fold.position().lastEventId);
  } catch (error) {
    if (previous === null || !isKernelError(error, 'RunNotFound')) throw error;
    const { executionId, lastEventId } = previous;
    const reason = `event ${lastEventId} of execution ${executionId} hands on to one that is missing: ${error.message}`;
    throw new KernelError('RunNotFound', reason, { cause: error });
  }
}
