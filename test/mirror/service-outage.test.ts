/** A server that goes away and comes back, while a mirror service runs. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { MirrorService } from '../../src/mirror';
import { MemoryStore } from '../../src/stores';
import { startDevServer, type DevServer } from '../../tools/server';
import { playing } from '../support/player';
import { PROGRAMS } from '../support/run-harness';
import { until } from '../support/until';
import { startOwnServer } from './service-server';

jest.setTimeout(180_000);

test('given a service, when the server is away for a while, then it waits, goes on by itself, and misses nothing', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'temporal-kernel-outage-'));
  const dbFilename = join(directory, 'server.db');
  const own = await startOwnServer({ dbFilename });
  const harness = await own.harness();
  await harness.startWorker();
  const { kernel } = harness;
  await kernel.start('player', { runId: 'before', initialState: playing({ call: 'echo', input: 1 }) });
  await kernel.runUntilBlocked('before');
  await kernel.start('player', { runId: 'after', initialState: playing({ call: 'echo', input: 1 }) });
  await kernel.runUntilBlocked('after');
  await harness.stopWorker();

  const store = new MemoryStore();
  const outages: string[] = [];
  // Without the retries of the client's own, so that an outage shows at once.
  const connection = await Connection.connect({ address: own.server.address, interceptors: [] });
  const service = new MirrorService({
    client: new Client({ connection, namespace: own.server.namespace }),
    programs: PROGRAMS,
    store,
    sweepIntervalMs: 50,
    onOutage: ({ reason }) => outages.push(reason),
  });
  await own.server.stop();
  const running = service.run();
  await until(() => outages.length === 1);
  expect(await store.loadRun('before')).toBeNull();

  const again: DevServer = await startDevServer({
    ownServer: true,
    dbFilename,
    port: Number(own.server.address.split(':')[1]),
  });
  await until(() => service.metrics().closed === 2 && service.metrics().queue === 0);

  expect(await store.loadRun('before')).toMatchObject({ head: 3 });
  expect(await store.loadRun('after')).toMatchObject({ head: 3 });
  expect(service.metrics()).toMatchObject({ outages: 1, failures: 0, failing: 0 });
  service.stop();
  await running;
  await connection.close();
  await own.stop();
  await again.stop();
  await rm(directory, { recursive: true, force: true });
});
