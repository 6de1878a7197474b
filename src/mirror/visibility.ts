/**
 * What the server's visibility lists: the executions of programs, without knowing a single id. Visibility is later than history by up
 * to seconds, and forgets what the server forgets.
 */
import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import type { RunId } from '../kernel';

const { WORKFLOW_EXECUTION_STATUS_RUNNING } = temporal.api.enums.v1.WorkflowExecutionStatus;

/** An execution as visibility lists it: the last one of its chain. */
export interface ListedExecution {
  readonly runId: RunId;
  readonly executionId: string;
  readonly isClosed: boolean;
}

/** What is to be listed. */
export interface Listing {
  readonly programs: readonly string[];
  /** Only what runs, or was closed after this moment, in milliseconds since 1970. Null for everything. */
  readonly closedAfterMs: number | null;
}

/** Executions that one request asks for: the most that servers give. */
const PAGE_EXECUTIONS = 1_000;

/** Names that stand in one query. */
const PROGRAMS_PER_QUERY = 50;

/** Lists executions page by page; within a page the oldest comes first. */
export async function* listExecutions(
  client: Client,
  { programs, closedAfterMs }: Listing,
): AsyncIterable<ListedExecution> {
  const { workflowService, options } = client.workflow;
  for (let from = 0; from < programs.length; from += PROGRAMS_PER_QUERY) {
    const query = queryOf(programs.slice(from, from + PROGRAMS_PER_QUERY), closedAfterMs);
    let nextPageToken: Uint8Array | undefined;
    do {
      const response = await workflowService.listWorkflowExecutions({
        namespace: options.namespace,
        query,
        pageSize: PAGE_EXECUTIONS,
        ...(nextPageToken === undefined ? {} : { nextPageToken }),
      });
      const listed = response.executions.map(({ execution, status, startTime }) => ({
        runId: execution?.workflowId ?? '',
        executionId: execution?.runId ?? '',
        isClosed: status !== WORKFLOW_EXECUTION_STATUS_RUNNING,
        startedAtMs: Number(startTime?.seconds ?? 0) * 1_000 + (startTime?.nanos ?? 0) / 1_000_000,
      }));
      // Of two runs of one id the older one has the id's own log.
      listed.sort((one, other) => one.startedAtMs - other.startedAtMs);
      for (const { runId, executionId, isClosed } of listed) yield { runId, executionId, isClosed };
      nextPageToken = response.nextPageToken.length > 0 ? response.nextPageToken : undefined;
    } while (nextPageToken !== undefined);
  }
}

/** A program's name is an identifier: no quote is in it. */
function queryOf(programs: readonly string[], closedAfterMs: number | null): string {
  const types = `WorkflowType IN (${programs.map((name) => `'${name}'`).join(', ')})`;
  const lasts = `${types} AND ExecutionStatus != 'ContinuedAsNew'`;
  if (closedAfterMs === null) return lasts;
  return `${lasts} AND (CloseTime IS NULL OR CloseTime > '${new Date(closedAfterMs).toISOString()}')`;
}
