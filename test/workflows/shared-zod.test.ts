/** zod is evaluated once for all runs of a sandbox, and keeps nothing of one run for another. */
import { NativeConnection, Worker } from '@temporalio/worker';
import { Client } from '@temporalio/client';
import { z } from 'zod';
import { bundleOf } from '../support/bundle';
import { DEV_SERVER_ENV, fromSetup } from '../support/environment';
import { until } from '../support/until';
import { quietRuntime } from '../support/run-harness';
import { goOn, type seesZod, type Sight } from './shared-zod-workflows';

const TASK_QUEUE = 'shared-zod';

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
    workflowBundle: await bundleOf(require.resolve('./shared-zod-workflows'), { observed: false }),
    workflowThreadPoolSize: 1,
  });
  running = worker.run();
});
afterAll(async () => {
  worker.shutdown();
  await running;
  await connection.close();
});

const startOf = (name: string, waits: boolean): ReturnType<typeof client.workflow.start<typeof seesZod>> =>
  client.workflow.start<typeof seesZod>('seesZod', {
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
