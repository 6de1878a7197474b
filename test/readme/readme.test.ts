/** What the README shows is what there is, and it works. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { refund } from '../../examples/refund/refund';
import { weather } from '../../examples/weather/weather';
import * as host from '../../src';
import { Kernel, type ActionExecutor } from '../../src/kernel';
import { MemoryStore } from '../../src/stores';

const ROOT = join(__dirname, '../..');

/** Runs the program's own tools, in process. */
const tools: ActionExecutor = {
  execute: async (_runId, action) => {
    if (action.type !== 'CallTool') throw new Error(`no ${action.type} here`);
    const run = refund.tools[action.tool]?.run as (input: unknown) => unknown;
    return { type: 'success', output: (await run(action.input)) as never };
  },
};

test('given the README, when it shows a program, then it is the one in examples/refund', async () => {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  const program = await readFile(join(ROOT, 'examples/refund/refund.ts'), 'utf8');

  expect(readme).toContain(program.trimEnd().replace('../../src/kernel', 'temporal-kernel/kernel'));
});

test('given the README, when it shows an agent, then it is the one in examples/weather', async () => {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  const agent = await readFile(join(ROOT, 'examples/weather/weather.ts'), 'utf8');

  const shown = agent.trimEnd().replaceAll(/\.\.\/\.\.\/src\/(\w+)/g, 'temporal-kernel/$1');
  expect(readme).toContain(shown);
  expect(shown.split('\n').length).toBeLessThanOrEqual(22);
  expect(
    weather.policy.retryStrategyAttempt(
      { kind: 'transient', message: '', retryAfterMs: null },
      { type: 'Sleep', millis: 1 },
      0,
    ).type,
  ).toBe('retryAfter');
});

test('given the README’s program, when it runs in process, then it asks above 50 and pays what was approved', async () => {
  const kernel = new Kernel({ program: refund, events: new MemoryStore(), executor: tools });

  expect(await kernel.runUntilBlocked('small', { order: 'A-1' })).toEqual({ status: 'completed' });
  expect(await kernel.runUntilBlocked('large', { order: 'A-1001' })).toMatchObject({
    blocked: { interrupt: { value: 'Refund 60 for A-1001?' } },
  });
  const yes = { type: 'resume', value: true } as const;
  expect(await kernel.resume('large', { order: 'A-1001' }, yes)).toEqual({ status: 'completed' });
  expect(await kernel.replay('large', { order: 'A-1001' })).toMatchObject({ amount: 60, approved: true, paid: true });
});

test('given the README, when it names a file, a script or an export, then it is there', async () => {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
  for (const [, script] of readme.matchAll(/npm run (\w+)/g)) expect(Object.keys(scripts)).toContain(script);
  const exported: Record<string, unknown> = host;
  for (const [, names] of readme.matchAll(/import \{ ([^}]+) \} from 'temporal-kernel';/g)) {
    for (const name of names!.split(', ')) expect(exported[name]).toBeDefined();
  }
});
