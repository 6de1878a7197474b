/** A run has a tenant: others' clients do not find it, others' stores do not take it, and its children are of the same. */
import { KernelClient } from '../../src/client';
import { Mirror } from '../../src/mirror';
import { MemoryStore } from '../../src/stores';
import { playing } from '../support/player';
import { PROGRAMS, RunHarness } from '../support/run-harness';

let harness: RunHarness;

beforeAll(async () => {
  harness = await RunHarness.open();
  await harness.startWorker();
});
afterAll(() => harness.close());

const clientOf = (tenant?: string): KernelClient =>
  new KernelClient({
    client: harness.client,
    programs: PROGRAMS,
    taskQueue: harness.taskQueue,
    ...(tenant === undefined ? {} : { tenant }),
  });

const mirrorInto = (store: MemoryStore): Mirror => new Mirror({ client: harness.client, programs: PROGRAMS, store });

describe('given a run of one tenant', () => {
  const child = JSON.parse(JSON.stringify(playing({ note: 1 }))) as { script: [] };
  let acme: KernelClient;
  let umbrella: KernelClient;
  let runId: string;
  beforeAll(async () => {
    [acme, umbrella] = [clientOf('acme'), clientOf('umbrella')];
    runId = harness.newRunId();
    harness.forget(runId);
    await acme.start('player', { runId, initialState: playing({ call: 'novice', input: child }, { ask: 'sure?' }) });
    await acme.runUntilBlocked(runId);
  });
  afterAll(() => acme.cancel(runId));

  test.each<[string, (client: KernelClient) => Promise<unknown>]>([
    ['its status', (client) => client.status(runId)],
    ['its state', (client) => client.state(runId)],
    ['its log', (client) => client.log(runId)],
    ['its question', (client) => client.pendingInterrupt(runId)],
    ['its end', (client) => client.runUntilBlocked(runId)],
    ['a replay of it', (client) => client.replay(runId)],
    ['to answer it', (client) => client.resume(runId, 'yes')],
    ['to answer its question', (client) => client.resume(runId, 'yes', { interruptId: `${runId}-3` })],
    ['to signal it', (client) => client.signal(runId, 'payment', { amount: 1 })],
    ['to cancel it', (client) => client.cancel(runId)],
  ])('when the client of another tenant asks for %s, then there is no such run', async (_, ask) => {
    await expect(ask(umbrella)).rejects.toMatchObject({ code: 'RunNotFound' });
    expect(await acme.status(runId)).toMatchObject({ head: 3, status: { status: 'blocked' } });
  });

  test('when another tenant uses its id, then the id is taken, and the run stays', async () => {
    await expect(umbrella.start('player', { runId, initialState: playing() })).rejects.toMatchObject({
      code: 'RunAlreadyStarted',
    });
    expect(await acme.status(runId)).toMatchObject({ head: 3 });
  });

  test('when a client without a tenant asks, then it finds every run', async () => {
    expect(await clientOf().status(runId)).toMatchObject({ head: 3 });
  });

  test('when it is mirrored into a store of another tenant, then that is refused, and nothing is written', async () => {
    const store = new MemoryStore('umbrella');
    await expect(mirrorInto(store).mirror(runId)).rejects.toMatchObject({
      code: 'WrongTenant',
      message: expect.stringContaining('of tenant "acme", and the store is open for "umbrella"') as string,
    });
    expect(await store.loadRun(runId)).toBeNull();
  });

  test('when it and its child are mirrored into its own, then both are there and verified', async () => {
    const mirror = mirrorInto(new MemoryStore('acme'));
    for (const id of [runId, `${runId}-1`]) {
      await mirror.mirror(id);
      expect((await mirror.verify(id)).problems).toEqual([]);
    }
    await expect(umbrella.status(`${runId}-1`)).rejects.toMatchObject({ code: 'RunNotFound' });
  });
});

test('given no tenant, then a run is of the default one', async () => {
  const runId = await harness.play(playing({ note: 1 }));
  await harness.kernel.runUntilBlocked(runId);

  expect(await clientOf('default').status(runId)).toMatchObject({ head: 2 });
  await expect(clientOf('acme').status(runId)).rejects.toMatchObject({ code: 'RunNotFound' });
  await harness.checkRuns();
});

test.each(['', 'a\u0000b', 'x'.repeat(201)])('given %j as a tenant, then a client is refused', (tenant) => {
  expect(() => clientOf(tenant)).toThrow('a tenant');
});

test('given a workflow that was started with what is no tenant, then it fails at once', async () => {
  const runId = harness.newRunId();
  harness.forget(runId);
  await harness.client.workflow.start('player', {
    workflowId: runId,
    taskQueue: harness.taskQueue,
    args: [playing({ note: 1 }), { tenant: '' }],
  });
  expect(await harness.kernel.runUntilBlocked(runId)).toMatchObject({
    status: 'failed',
    error: expect.stringContaining('a tenant is a text') as string,
  });
});
