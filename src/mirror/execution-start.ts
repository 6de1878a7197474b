/** What the first event of an execution says: what the run is, or what the execution before handed on. */
import {
  canonicalJson,
  DEFAULT_TENANT,
  genesisHash,
  type Program,
  type RunBranch,
  type RunId,
  type RunRecord,
  type TenantId,
} from '../kernel';
import { assertRunOptions, type RunOptions } from '../protocol';
import type { HistoryDecoder } from './history-decoder';
import { eventTimeMsOf, type HistoryEvent } from './history-event';
import { mismatch, reading } from './history-mismatch';
import type { RunFold } from './run-fold';

/** Whose run it is, as its start says. */
export async function tenantOf(started: HistoryEvent, decoder: HistoryDecoder): Promise<TenantId> {
  const { input } = started.workflowExecutionStartedEventAttributes ?? {};
  const options = (await reading(started, () => decoder.values(input)))[1] as RunOptions | null | undefined;
  return options?.tenant ?? DEFAULT_TENANT;
}

/** What a run is from its first moment, read from its first event. */
export async function runRecordOf(
  program: Program,
  ids: {
    readonly runId: RunId;
    readonly executionId: string;
    readonly logId: RunId;
    readonly branch: RunBranch | null;
  },
  started: HistoryEvent,
  decoder: HistoryDecoder,
): Promise<RunRecord> {
  const attributes = started.workflowExecutionStartedEventAttributes;
  if (!attributes) throw mismatch(started, 'a history begins with WorkflowExecutionStarted');
  const [initialValue, given] = await reading(started, () => decoder.values(attributes.input));
  const options = (given ?? {}) as RunOptions;
  assertRunOptions(options);
  const initialState = program.initialState(initialValue ?? null);
  const { runId, executionId, logId, branch } = ids;
  const { workflowId, runId: parentExecutionId } = attributes.parentWorkflowExecution ?? {};
  return {
    runId: logId,
    program: program.name,
    version: program.version,
    initialState,
    genesisHash: genesisHash(runId, program.name, initialState),
    firstExecutionId: executionId,
    startedAtMs: eventTimeMsOf(started),
    parent: workflowId && parentExecutionId ? { runId: workflowId, executionId: parentExecutionId } : null,
    branch,
    startedBy: options.startedBy ?? null,
    forkedFrom: options.forkedFrom ?? null,
  };
}

/** Where an execution stands in the chain of its run. */
export interface ChainPlace {
  readonly runId: RunId;
  readonly executionId: string;
  /** The execution that handed on, and to which; null for the first. */
  readonly previous: { readonly executionId: string; readonly nextExecutionId: string } | null;
  /** The first event of the run's first execution. */
  readonly first: HistoryEvent;
}

/** Checks that the first event of an execution says of which run it is, and which executions were before it. */
export function assertPlace(started: HistoryEvent, { runId, executionId, previous, first }: ChainPlace): void {
  const attributes = started.workflowExecutionStartedEventAttributes;
  const { workflowId, continuedExecutionRunId, originalExecutionRunId } = attributes ?? {};
  // Older servers did not write down the workflow's id.
  if (workflowId && workflowId !== runId) throw mismatch(started, `it is of run ${workflowId}, not of ${runId}`);
  const from = continuedExecutionRunId === '' ? null : (continuedExecutionRunId ?? null);
  if (from !== (previous?.executionId ?? null)) {
    throw mismatch(
      started,
      `it goes on from execution ${from}, but the one before is ${previous?.executionId ?? null}`,
    );
  }
  // A reset makes another execution, and leaves in its first event which one that was before.
  if (previous !== null && originalExecutionRunId !== previous.nextExecutionId) {
    throw mismatch(started, `it is execution ${originalExecutionRunId}, but ${previous.nextExecutionId} was to go on`);
  }
  // What a reset made is another execution than the one whose first event it shares.
  const isOwn = previous === null && originalExecutionRunId === executionId;
  const begun = isOwn ? executionId : first.workflowExecutionStartedEventAttributes?.firstExecutionRunId;
  if (attributes?.firstExecutionRunId === begun) return;
  throw mismatch(started, `it says that the run began with execution ${attributes?.firstExecutionRunId}, not ${begun}`);
}

/** Checks that an execution of a chain took over exactly what the one before handed on. */
export async function assertCarried(started: HistoryEvent, fold: RunFold, decoder: HistoryDecoder): Promise<void> {
  const { workflowType, input } = started.workflowExecutionStartedEventAttributes ?? {};
  const [state, given, ...more] = await reading(started, () => decoder.values(input));
  const options = given as RunOptions | null | undefined;
  const { checkpoint, hash } = fold.position();
  if (
    workflowType?.name === fold.programName &&
    state === null &&
    more.length === 0 &&
    (options?.tenant ?? DEFAULT_TENANT) === fold.tenant &&
    canonicalJson(options?.carried ?? null) === canonicalJson({ version: fold.version, checkpoint, hash })
  ) {
    return;
  }
  throw mismatch(started, 'the execution did not begin with what the one before it handed on');
}
