/** What a doctor asks a server: the namespace, what it allows, and who works on the task queue. */
import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { durationText } from '../duration';
import { checked, fine, skipped, wrong, type Check } from './check';

/** The shortest retention under which a run outlives a long weekend, in milliseconds. */
const RETENTION_MS_MIN = 3 * 86_400_000;

/** A poller that has not asked for so long is gone, in milliseconds: a poll lasts a minute. */
const POLLER_GONE_MS = 120_000;

/** The blob size that Temporal's own default is, in bytes: a smaller one refuses states and outputs that others take. */
const BLOB_BYTES_USUAL = 2 * 1024 * 1024;

const { TASK_QUEUE_TYPE_WORKFLOW, TASK_QUEUE_TYPE_ACTIVITY } = temporal.api.enums.v1.TaskQueueType;

/** Everything that a server can say. It was reached already. */
export async function serverChecks(
  client: Client,
  taskQueue: string,
  programs: readonly string[],
): Promise<readonly Check[]> {
  const described = await client.workflow.workflowService
    .describeNamespace({ namespace: client.options.namespace })
    .catch((error: unknown) => error);
  return [
    await checked('namespace', () => Promise.resolve(namespaceCheck(described, client.options.namespace))),
    await checked('visibility', async () => await visibilityCheck(client, programs)),
    await checked('updates', () => Promise.resolve(updatesCheck(described))),
    await checked('limits', () => Promise.resolve(limitsCheck(described))),
    await checked('workflow worker', async () => await pollersCheck(client, taskQueue, 'workflow worker')),
    await checked('tool worker', async () => await pollersCheck(client, taskQueue, 'tool worker')),
  ];
}

type Described = temporal.api.workflowservice.v1.IDescribeNamespaceResponse;

/** What the server said, or nothing: who may not look may still work in it. */
function infoOf(described: unknown): Described | null {
  return typeof described === 'object' && described !== null && 'namespaceInfo' in described
    ? (described as Described)
    : null;
}

function namespaceCheck(described: unknown, namespace: string): Check {
  const info = infoOf(described);
  if (info === null) return skipped('namespace', `${namespace} can't be looked at with these rights`);
  const retentionMs = Number(info.config?.workflowExecutionRetentionTtl?.seconds ?? 0) * 1_000;
  const found = `${namespace}, keeps histories for ${durationText(retentionMs)}`;
  if (retentionMs === 0 || retentionMs >= RETENTION_MS_MIN) return fine('namespace', found);
  const advice =
    'mirror runs into a store before they are forgotten, or lengthen it: temporal operator namespace update --retention 7d.';
  return wrong('namespace', 'warning', found, advice);
}

/** Listing asks for system search attributes only: type, status and times. */
async function visibilityCheck(client: Client, programs: readonly string[]): Promise<Check> {
  const types = programs.length === 0 ? '' : `WorkflowType IN (${programs.map((name) => `'${name}'`).join(', ')}) AND `;
  const { count } = await client.workflow.count(`${types}ExecutionStatus = 'Running'`);
  return fine(
    'visibility',
    `search attributes WorkflowType, ExecutionStatus and CloseTime answer; ${count} runs are running`,
  );
}

function updatesCheck(described: unknown): Check {
  const capabilities = infoOf(described)?.namespaceInfo?.capabilities;
  if (capabilities == null) return skipped('updates', 'the server does not say whether it takes updates');
  if (capabilities.syncUpdate === true) return fine('updates', 'the server takes answers as updates');
  const advice = 'turn on frontend.enableUpdateWorkflowExecution, or answer with the signal `resume`.';
  return wrong('updates', 'bad', 'the server takes no updates, and answers are updates', advice);
}

function limitsCheck(described: unknown): Check {
  const limits = infoOf(described)?.namespaceInfo?.limits;
  const blob = Number(limits?.blobSizeLimitError ?? 0);
  if (blob === 0) return skipped('limits', 'the server does not say its limits');
  const found = `a state, input or output has at most ${blob} bytes, a memo ${Number(limits?.memoSizeLimitError ?? 0)}`;
  if (blob >= BLOB_BYTES_USUAL) return fine('limits', found);
  return wrong('limits', 'warning', found, 'keep states small, or raise limit.blobSize.error.');
}

async function pollersCheck(
  client: Client,
  taskQueue: string,
  name: 'workflow worker' | 'tool worker',
): Promise<Check> {
  const taskQueueType = name === 'workflow worker' ? TASK_QUEUE_TYPE_WORKFLOW : TASK_QUEUE_TYPE_ACTIVITY;
  const { namespace } = client.options;
  const { pollers } = await client.workflow.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
    taskQueueType,
  });
  const nowMs = Date.now();
  const alive = pollers.filter(
    ({ lastAccessTime }) => nowMs - Number(lastAccessTime?.seconds ?? 0) * 1_000 < POLLER_GONE_MS,
  );
  const [first] = alive;
  if (first !== undefined) {
    return fine(name, `${alive.length} on task queue ${taskQueue}, the first is ${first.identity ?? 'nameless'}`);
  }
  const what = name === 'workflow worker' ? 'with the workflows file' : 'with the programs’ tools';
  const advice = `start one ${what} (\`npm run worker\`), or name the task queue with --task-queue.`;
  return wrong(name, 'bad', `nobody polls task queue ${taskQueue}`, advice);
}
