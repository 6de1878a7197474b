/** The runs that the server's visibility lists, the newest first. Visibility is later than history by up to seconds. */
import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import type { RunId, TenantId } from '../kernel';
import { HistoryDecoder, ServerHistorySource, tenantOf } from '../mirror';
import { BLOCKED_MEMO } from '../protocol';
import { EXIT } from './exit-code';
import { TerminalError } from './failure';
import { mapInTurn } from './in-turn';
import type { StatusName } from './standing';

/** What visibility knows of a status. A denied run is a failed one to it, and a blocked one runs. */
export type ListedStatus = Exclude<StatusName, 'blocked' | 'paused' | 'denied'>;

export interface ListedRun {
  readonly runId: RunId;
  readonly executionId: string;
  readonly program: string;
  readonly status: ListedStatus;
  readonly tenant: TenantId;
  readonly parent: RunId | null;
  readonly startedAtMs: number;
  readonly closedAtMs: number | null;
}

/** Which runs are wanted. */
export interface RunFilter {
  /** By name; what is not listed is no program of ours. */
  readonly programs: readonly string[];
  readonly statuses: readonly ListedStatus[];
  /** Null for every tenant's. */
  readonly tenant: TenantId | null;
  /** Whether only those are wanted that were ever blocked. */
  readonly blockedOnce: boolean;
}

/** Executions that one request asks for. */
const PAGE_EXECUTIONS = 200;

/** Runs whose tenant is asked for before the first of them is told of. */
const SLICE = 16;

/** Names that stand in one query. */
const PROGRAMS_MAX = 50;

/** A program's name is an identifier; what is none must not get into a query. */
const IDENTIFIER = /^[A-Za-z_$][\w$]{0,199}$/;

const QUERIED: Readonly<Record<ListedStatus, string>> = {
  running: 'Running',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Canceled',
  terminated: 'Terminated',
  timedOut: 'TimedOut',
};

export const LISTED_STATUSES = Object.keys(QUERIED) as readonly ListedStatus[];

const { WorkflowExecutionStatus } = temporal.api.enums.v1;

const STATUS_OF: ReadonlyMap<number, ListedStatus> = new Map([
  [WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING, 'running'],
  [WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED, 'completed'],
  [WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_FAILED, 'failed'],
  [WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_CANCELED, 'cancelled'],
  [WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TERMINATED, 'terminated'],
  [WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TIMED_OUT, 'timedOut'],
]);

type Execution = temporal.api.workflow.v1.IWorkflowExecutionInfo;

/**
 * Lists runs, page by page.
 *
 * @throws TerminalError for a name that can't be a program's
 */
export async function* listRuns(client: Client, filter: RunFilter): AsyncGenerator<ListedRun, void, undefined> {
  const query = queryOf(filter);
  const source = new ServerHistorySource(client);
  const decoder = new HistoryDecoder(client.options.loadedDataConverter);
  const { workflowService, options } = client.workflow;
  let nextPageToken: Uint8Array | undefined;
  do {
    const response = await workflowService.listWorkflowExecutions({
      namespace: options.namespace,
      query,
      pageSize: PAGE_EXECUTIONS,
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
    });
    const wanted = response.executions.filter((execution) => !filter.blockedOnce || hasBlocked(execution));
    for (let from = 0; from < wanted.length; from += SLICE) {
      const slice = wanted.slice(from, from + SLICE);
      for (const run of await mapInTurn(slice, async (execution) => await listed(execution, source, decoder))) {
        if (run !== null && (filter.tenant === null || run.tenant === filter.tenant)) yield run;
      }
    }
    nextPageToken = response.nextPageToken.length > 0 ? response.nextPageToken : undefined;
  } while (nextPageToken !== undefined);
}

/** Null for a run that the server forgot between two requests, or that is none of ours. */
async function listed(
  { execution, type, status, parentExecution, startTime, closeTime }: Execution,
  source: ServerHistorySource,
  decoder: HistoryDecoder,
): Promise<ListedRun | null> {
  const [runId, executionId] = [execution?.workflowId ?? '', execution?.runId ?? ''];
  const found = STATUS_OF.get(status ?? 0);
  if (found === undefined) return null;
  let tenant: TenantId;
  try {
    tenant = await tenantOf(await source.startOf(runId, executionId), decoder);
  } catch {
    return null;
  }
  return {
    runId,
    executionId,
    program: type?.name ?? '',
    status: found,
    tenant,
    parent: parentExecution?.workflowId ?? null,
    startedAtMs: timeMsOf(startTime) ?? 0,
    closedAtMs: timeMsOf(closeTime),
  };
}

/** Whether a run was ever blocked: then it may be now. */
function hasBlocked({ memo }: Execution): boolean {
  return Object.hasOwn(memo?.fields ?? {}, BLOCKED_MEMO);
}

function timeMsOf(time: Execution['startTime']): number | null {
  if (time == null) return null;
  const ms = Number(time.seconds ?? 0) * 1_000 + Math.floor((time.nanos ?? 0) / 1_000_000);
  return ms > 0 ? ms : null;
}

function queryOf({ programs, statuses }: RunFilter): string {
  const stranger = programs.find((name) => !IDENTIFIER.test(name));
  if (stranger !== undefined) {
    throw new TerminalError(EXIT.usage, `${JSON.stringify(stranger)} can't be a program's name`, 'name a program.');
  }
  if (programs.length > PROGRAMS_MAX) {
    const advice = 'name those that you mean with --program.';
    throw new TerminalError(EXIT.usage, `more than ${PROGRAMS_MAX} programs at once`, advice);
  }
  const types = `WorkflowType IN (${programs.map((name) => `'${name}'`).join(', ')})`;
  // An execution that continued as new goes on as the one that visibility lists beside it.
  if (statuses.length === 0) return `${types} AND ExecutionStatus != 'ContinuedAsNew'`;
  return `${types} AND ExecutionStatus IN (${statuses.map((status) => `'${QUERIED[status]}'`).join(', ')})`;
}
