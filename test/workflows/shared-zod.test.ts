/** zod is evaluated once for all runs of a sandbox, and keeps nothing of one run for another. */
import { z } from 'zod';
import { until } from '../support/until';
import { goOn, type seesZod, type Sight } from './shared-zod-workflows';
import { openSandbox, type OneSandbox } from './one-sandbox';

const TASK_QUEUE = 'shared-zod';

let sandbox: OneSandbox;

beforeAll(async () => {
  sandbox = await openSandbox(require.resolve('./shared-zod-workflows'), TASK_QUEUE);
});
afterAll(async () => {
  await sandbox.close();
});

const startOf = (name: string, waits: boolean): ReturnType<typeof sandbox.client.workflow.start<typeof seesZod>> =>
  sandbox.client.workflow.start<typeof seesZod>('seesZod', {
    taskQueue: TASK_QUEUE,
    workflowId: `zod-${name}`,
    args: [name, waits],
  });

test('given a run that chose settings and described a schema, when another runs meanwhile, then each sees its own alone', async () => {
  const first = await startOf('Ada', true);
  await until(async () => (await first.describe()).historyLength >= 4);
  const second = await (await startOf('Grace', false)).result();
  await first.signal(goOn);

  expect(second).toEqual(sightOf('Grace', true));
  expect(await first.result()).toEqual(sightOf('Ada', false));
});

/** What a run sees that is alone in its sandbox. */
function sightOf(name: string, met: boolean): Sight {
  const refused = `refused by ${name}`;
  const formats = ['email', 'uuid', 'url', 'ipv4', 'cidr', 'datetime', 'number', 'global', 'start'];
  return {
    words: ['Invalid input: expected number, received string', refused, refused],
    strangers: false,
    described: { id: 'person', title: name },
    schema: z.toJSONSchema(z.object({ name: z.string() }).meta({ id: 'person', title: name })),
    formats: Object.fromEntries(formats.map((format) => [format, [true, false, true, false]])),
    met,
  };
}
