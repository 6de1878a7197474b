/** The guard in Temporal's sandbox, where its traps stay in the globals of the run. */
import { NativeConnection, Worker } from '@temporalio/worker';
import { Client } from '@temporalio/client';
import { bundleOf } from '../support/bundle';
import { DEV_SERVER_ENV, fromSetup } from '../support/environment';
import { quietRuntime } from '../support/run-harness';
import { until } from '../support/until';
import type { clerk } from './guarded-workflows';

const TASK_QUEUE = 'guarded';

let connection: NativeConnection;
let client: Client;
let worker: Worker;
let running: Promise<void>;

beforeAll(async () => {
  quietRuntime();
  connection = await NativeConnection.connect({ address: fromSetup(DEV_SERVER_ENV) });
  client = new Client({ connection });
  worker = await Worker.create({
    connection,
    taskQueue: TASK_QUEUE,
    workflowBundle: await bundleOf(require.resolve('./guarded-workflows'), { observed: false }),
    workflowThreadPoolSize: 1,
  });
  running = worker.run();
});
afterAll(async () => {
  worker.shutdown();
  await running;
  await connection.close();
});

const startOf = (name: string, peeks: boolean): ReturnType<typeof client.workflow.start<typeof clerk>> =>
  client.workflow.start<typeof clerk>('clerk', {
    taskQueue: TASK_QUEUE,
    workflowId: `guarded-${name}`,
    args: [{ peeks, steps: 0 }],
  });

test('given a step that reads a clock, then its task fails by that name; another run of the sandbox, and what comes behind it, is free', async () => {
  const peeking = await startOf('peeking', true);
  const failureOf = async (): Promise<string | undefined> => {
    const { events } = await peeking.fetchHistory();
    const failed = events?.find(({ workflowTaskFailedEventAttributes }) => workflowTaskFailedEventAttributes != null);
    return failed?.workflowTaskFailedEventAttributes?.failure?.message ?? undefined;
  };
  await until(async () => (await failureOf()) !== undefined);
  expect(await failureOf()).toContain('step called Date.now()');

  const honest = await startOf('honest', false);
  expect(await honest.result()).toEqual({ now: true, date: true, chance: true, timer: 'rung' });
  await peeking.terminate();
});
