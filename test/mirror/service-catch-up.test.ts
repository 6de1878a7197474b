/**
 * A mirror service that comes late: everything ended while none ran. `CLOSED_RUNS=1000 npm test -- service-catch-up` is the full dose.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MirrorService } from '../../src/mirror';
import { SqliteStore } from '../../src/stores';
import { playing } from '../support/player';
import { PROGRAMS, type RunHarness } from '../support/run-harness';
import { until } from '../support/until';
import { startOwnServer, type OwnServer } from './service-server';

/** How many runs are closed while no mirror runs. */
const CLOSED_RUNS = Number(process.env['CLOSED_RUNS'] ?? 100);

/** Runs that are started at once. */
const BATCH = 50;

jest.setTimeout(120_000 + CLOSED_RUNS * 1_000);

let own: OwnServer;
let harness: RunHarness;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'temporal-kernel-catch-up-'));
  own = await startOwnServer();
  harness = await own.harness();
  await harness.startWorker();
});
afterAll(async () => {
  await harness.close();
  await own.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Runs that have ended; visibility lists them all. */
async function closedRuns(count: number): Promise<void> {
  for (let started = 0; started < count;) {
    const batch = Array.from({ length: Math.min(BATCH, count - started) }, (_, index) => `closed-${started + index}`);
    await Promise.all(
      batch.map((runId) => harness.kernel.start('player', { runId, initialState: playing({ note: runId }) })),
    );
    started += batch.length;
    await until(async () => (await harness.client.workflow.count(`ExecutionStatus = 'Completed'`)).count >= started);
  }
}

describe('given runs that ended while no mirror ran', () => {
  test(`when a service starts, then it catches up with all ${CLOSED_RUNS} of them without being told their ids`, async () => {
    const startedMs = Date.now();
    await closedRuns(CLOSED_RUNS);
    const closedMs = Date.now();
    const store = SqliteStore.open(join(directory, 'closed.db'));
    const service = new MirrorService({ client: harness.client, programs: PROGRAMS, store });

    const running = service.run();
    await until(() => service.metrics().closed >= CLOSED_RUNS);
    service.stop();
    await running;

    const { runs, closed, entries, failures, queue } = service.metrics();
    expect({ runs, closed, entries, failures, queue }).toEqual({
      runs: CLOSED_RUNS,
      closed: CLOSED_RUNS,
      entries: CLOSED_RUNS * 2,
      failures: 0,
      queue: 0,
    });
    const caughtUpMs = Date.now();
    const again = new MirrorService({ client: harness.client, programs: PROGRAMS, store });

    expect(await again.catchUp()).toMatchObject({ looks: 0, entries: 0, sweeps: 1 });
    process.stdout.write(
      `${CLOSED_RUNS} runs: closed in ${closedMs - startedMs} ms, caught up with in ${caughtUpMs - closedMs} ms, ` +
        `swept again in ${Date.now() - caughtUpMs} ms\n`,
    );
    await store.close();
  });
});
