/** Stack traces of promises, in Temporal's sandbox and outside of it. */
import { untraced } from '../../src/workflows/untraced';
import { until } from '../support/until';
import { openSandbox, type OneSandbox } from './one-sandbox';
import type { caller } from './untraced-workflows';

const TASK_QUEUE = 'untraced';

let sandbox: OneSandbox;

beforeAll(async () => {
  sandbox = await openSandbox(require.resolve('./untraced-workflows'), TASK_QUEUE);
});
afterAll(async () => {
  await sandbox.close();
});

test('given a run that waits for an action, then its call stack has what its workflow waits for, and nothing of the kernel’s own promises', async () => {
  const run = await sandbox.client.workflow.start<typeof caller>('caller', {
    taskQueue: TASK_QUEUE,
    workflowId: 'untraced-caller',
    args: [{ called: false }],
  });
  // Nobody does activities here: it waits until it is terminated.
  await until(async () => ((await run.describe()).raw.pendingActivities ?? []).length > 0);

  const stack = await run.query<string>('__stack_trace');
  await run.terminate();

  expect(stack).toContain('untraced-workflows');
  expect(stack).not.toMatch(/action-runner|run-scopes|delivery-turns/);
});

test('given code that throws while nothing is traced, then its error is a usual one, and errors are as before behind it', () => {
  const before = globalThis.Error;
  const failing = (): never => {
    const Found = globalThis.Error;
    throw new Found('the line is dead', { cause: 'a storm' });
  };

  expect(() => untraced(failing)).toThrow(new Error('the line is dead', { cause: 'a storm' }));
  expect(globalThis.Error).toBe(before);
  expect(untraced(() => new globalThis.Error().stack)).toBeUndefined();
});
