/** The guard in Temporal's sandbox, where its traps stay in the globals of the run. */
import { until } from '../support/until';
import type { clerk } from './guarded-workflows';
import { openSandbox, type OneSandbox } from './one-sandbox';

const TASK_QUEUE = 'guarded';

let sandbox: OneSandbox;

beforeAll(async () => {
  sandbox = await openSandbox(require.resolve('./guarded-workflows'), TASK_QUEUE);
});
afterAll(async () => {
  await sandbox.close();
});

const startOf = (name: string, peeks: boolean): ReturnType<typeof sandbox.client.workflow.start<typeof clerk>> =>
  sandbox.client.workflow.start<typeof clerk>('clerk', {
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
