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
import type { RunOptions } from '../protocol';
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
  const [initialValue] = await reading(started, () => decoder.values(attributes.input));
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
  };
}

/** Checks that an execution of a chain took over exactly what the one before handed on. */
export async function assertCarried(started: HistoryEvent, fold: RunFold, decoder: HistoryDecoder): Promise<void> {
  const options = (
    await decoder.values(started.workflowExecutionStartedEventAttributes?.input)
  )[1] as RunOptions | null;
  const { checkpoint, hash } = fold.position();
  if (canonicalJson(options?.carried ?? null) !== canonicalJson({ version: fold.version, checkpoint, hash })) {
    throw mismatch(started, 'the execution did not begin with what the one before it handed on');
  }
}
