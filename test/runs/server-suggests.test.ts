/** Continue-as-new as the server suggests it: on a server that finds forty events a long history. */
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { startDevServer, type DevServer } from '../../tools/server';
import { playing } from '../support/player';
import { quietRuntime, RunHarness } from '../support/run-harness';

describe('given a server that suggests to continue as new after forty events', () => {
  let server: DevServer;
  let harness: RunHarness;
  beforeAll(async () => {
    quietRuntime();
    server = await startDevServer({
      ownServer: true,
      dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': 40 },
    });
    const connection = await Connection.connect({ address: server.address });
    const native = await NativeConnection.connect({ address: server.address });
    const close = async (): Promise<void> => {
      await native.close();
      await connection.close();
    };
    harness = await RunHarness.open({ connections: { client: new Client({ connection }), native, close } });
    await harness.startWorker();
  });
  afterEach(() => harness.checkRuns());
  afterAll(async () => {
    await harness.close();
    await server.stop();
  });

  test('when a run grows beyond them, then it goes on in new executions with one log', async () => {
    const echoes = Array.from({ length: 15 }, (_, input) => ({ call: 'echo', input }));
    const runId = await harness.play(playing(...echoes, { ask: 'enough?' }));
    await harness.kernel.runUntilBlocked(runId);
    await harness.kernel.resume(runId, 'yes');

    expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });

    await harness.mirror.mirror(runId);
    const log = await harness.store.scanLog(runId, 1);
    expect(new Set(log.map(({ origin }) => origin.executionId)).size).toBeGreaterThan(1);
    expect(log.map(({ eventIndex }) => eventIndex)).toEqual(log.map((_, index) => index + 1));
  });
});
