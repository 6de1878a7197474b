/** The worker as a process, on a real server: how it starts, how it drains, how it refuses. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { KernelClient } from '../../src/client';
import { openArtifacts, SqliteStore } from '../../src/stores';
import { workerFiles, type WorkerFiles } from '../chaos/fleet';
import { startScript } from '../support/compiled-script';
import { startDevServer, type DevServer } from '../../tools/server';
import { freePorts, LOOPBACK } from '../../tools/server/free-ports';
import { until } from '../server/until';
import { Child } from './child';
import { gated } from './gated-program';
import { keeping } from './keeping-program';

jest.setTimeout(180_000);

const PROGRAMS = resolve(__dirname, 'gated-program.ts');
const WORKFLOWS = resolve(__dirname, 'gated-workflows.ts');

let server: DevServer;
let connection: Connection;
let directory: string;
/** Made once: a compiled worker that is given its workflows as a bundle starts in a third of the time. */
let files: WorkerFiles;
const children: Child[] = [];

beforeAll(async () => {
  server = await startDevServer();
  connection = await Connection.connect({ address: server.address });
  directory = mkdtempSync(join(tmpdir(), 'worker-main-'));
  files = await workerFiles(directory, { programs: PROGRAMS, workflows: WORKFLOWS });
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    await child.ended;
  }
});

afterAll(async () => {
  await connection.close();
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe('given a worker whose tool is at work', () => {
  test('when SIGTERM arrives, then the tool finishes, its result counts, and the worker ends with 0', async () => {
    const run = await startGatedRun('drained');
    const worker = startWorker('drained');
    await worker.printed(/^worker ready: gated on task queue drained/m);
    await run.toolIsUnderWay();

    worker.kill('SIGTERM');
    await worker.printed(/^worker draining/m);
    run.openGate();

    expect(await worker.ended).toBe(0);
    expect(worker.stdout).toContain('worker stopped');
    expect(await run.attemptsCompleted()).toEqual([1]);
    startWorker('drained');
    expect(await run.status()).toEqual({ status: 'completed' });
  });

  test('when the tool outlasts the drain, then the worker ends all the same, and another one does the action', async () => {
    const run = await startGatedRun('outlasted');
    const worker = startWorker('outlasted', { TEMPORAL_KERNEL_DRAIN_MS: '100' });
    await run.toolIsUnderWay();

    worker.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
    expect(await run.attemptsCompleted()).toEqual([]);

    run.openGate();
    startWorker('outlasted');
    expect(await run.status()).toEqual({ status: 'completed' });
    expect(await run.attemptsCompleted()).toEqual([2]);
  });
});

describe('given a worker with a store', () => {
  test('when a run ends, then its log is in the store, and metrics say so where they are asked for', async () => {
    const path = join(directory, 'mirrored.db');
    const metrics = `${LOOPBACK}:${(await freePorts(1))[0]!}`;
    const run = await startGatedRun('mirrored');
    const worker = startFromSource('mirrored', {
      TEMPORAL_KERNEL_PROGRAMS: PROGRAMS,
      TEMPORAL_KERNEL_WORKFLOWS: WORKFLOWS,
      TEMPORAL_KERNEL_STORE: path,
      TEMPORAL_KERNEL_METRICS: metrics,
    });
    await worker.printed(/^worker ready: gated on task queue mirrored.*, mirrored into .*mirrored\.db$/m);
    run.openGate();
    expect(await run.status()).toEqual({ status: 'completed' });
    await until('the metrics tell of the run', async () => {
      const exported = await (await fetch(`http://${metrics}/metrics`)).text();
      return /^temporal_kernel_mirror_closed\S* [1-9]/m.test(exported);
    });
    worker.kill('SIGTERM');
    expect(await worker.ended).toBe(0);

    const store = SqliteStore.open(path);
    expect(await store.loadRun(run.runId)).toMatchObject({ program: 'gated', head: 3 });
    await store.close();
  });
});

describe('given a worker with a place for artifacts', () => {
  test('when a tool keeps something, then it is there under the address that the run knows', async () => {
    const folder = join(directory, 'artifacts');
    const worker = startFromSource('keeping', {
      TEMPORAL_KERNEL_ARTIFACTS: folder,
      TEMPORAL_KERNEL_TENANT: 'acme',
      TEMPORAL_KERNEL_PROGRAMS: resolve(__dirname, 'keeping-program.ts'),
      TEMPORAL_KERNEL_WORKFLOWS: resolve(__dirname, 'keeping-workflows.ts'),
    });
    await worker.printed(/^worker ready: keeping on task queue keeping.*, artifacts in .*artifacts$/m);
    const client = new Client({ connection, namespace: server.namespace });
    const runs = new KernelClient({ client, programs: [keeping], taskQueue: 'keeping' });
    const { runId } = await runs.start(keeping, { initialState: { text: 'kept' } });
    expect(await runs.runUntilBlocked(runId)).toEqual({ status: 'completed' });
    worker.kill('SIGTERM');
    expect(await worker.ended).toBe(0);

    const [found] = await readdir(folder, { recursive: true, withFileTypes: true }).then((entries) =>
      entries.filter((entry) => entry.isFile()),
    );
    const artifacts = await openArtifacts(folder, { tenant: 'acme' });
    const content = await artifacts.getBytes(`sha256:${found?.name}`);
    expect(Buffer.from(content).toString()).toBe('{"text":"kept"}');
    expect(worker.stderr).not.toContain('ERROR');
  });
});

describe('given a worker that is idle', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('when %s arrives, then it ends with 0', async (signal) => {
    const worker = startWorker('idle');
    await worker.printed(/^worker ready/m);
    worker.kill(signal);
    expect(await worker.ended).toBe(0);
  });
});

describe('given an environment that is wrong', () => {
  test.each([
    [
      'an address where nobody answers',
      { TEMPORAL_ADDRESS: '127.0.0.1:1' },
      /TEMPORAL_ADDRESS is 127\.0\.0\.1:1, where no/,
    ],
    [
      'a namespace that is not there',
      { TEMPORAL_NAMESPACE: 'nowhere' },
      /TEMPORAL_NAMESPACE is nowhere, and the server/,
    ],
    [
      'a file in the place of the folder for artifacts',
      { TEMPORAL_KERNEL_ARTIFACTS: __filename },
      /TEMPORAL_KERNEL_ARTIFACTS is .*worker-main\.test\.ts, which can't be opened: .* is a file and no folder/,
    ],
    ['no programs', { TEMPORAL_KERNEL_PROGRAMS: '' }, /TEMPORAL_KERNEL_PROGRAMS is not set/],
  ])('when it names %s, then the worker says so and ends with 2', async (_case, env, says) => {
    const worker = startWorker('wrong', env);
    expect(await worker.ended).toBe(2);
    expect(worker.stderr).toMatch(says);
    expect(worker.stderr).toContain('What to do: ');
  });
});

describe('given a question about the worker itself', () => {
  test('when it is asked for help, then it lists the variables and ends with 0', async () => {
    const help = Child.script('node_modules/tsx/dist/cli.mjs', ['src/worker-main.ts', '--help']);
    expect(await help.ended).toBe(0);
    expect(help.stdout).toContain('TEMPORAL_KERNEL_PROGRAMS');
  });
});

function startWorker(taskQueue: string, env: NodeJS.ProcessEnv = {}): Child {
  const worker = startScript(files.script, [], {
    ...serverEnvironment(taskQueue),
    TEMPORAL_KERNEL_PROGRAMS: files.programs,
    TEMPORAL_KERNEL_WORKFLOW_BUNDLE: files.bundle,
    ...env,
  });
  children.push(worker);
  return worker;
}

/** Starts a worker as `npm run worker` does: from its TypeScript, and it bundles its workflows by itself. */
function startFromSource(taskQueue: string, env: NodeJS.ProcessEnv): Child {
  const worker = Child.worker({ ...serverEnvironment(taskQueue), ...env });
  children.push(worker);
  return worker;
}

function serverEnvironment(taskQueue: string): NodeJS.ProcessEnv {
  return {
    TEMPORAL_ADDRESS: server.address,
    TEMPORAL_NAMESPACE: server.namespace,
    TEMPORAL_TASK_QUEUE: taskQueue,
  };
}

/** Starts a run whose tool waits at a closed gate. */
async function startGatedRun(taskQueue: string) {
  const client = new Client({ connection, namespace: server.namespace });
  const runs = new KernelClient({ client, programs: [gated], taskQueue });
  const gate = join(directory, `${taskQueue}.gate`);
  const { runId } = await runs.start(gated, { initialState: { gate } });
  const handle = client.workflow.getHandle(runId);
  return {
    runId,
    openGate: () => {
      writeFileSync(gate, '');
    },
    status: () => runs.runUntilBlocked(runId),
    toolIsUnderWay: () =>
      until('the tool is under way', async () => {
        const { raw } = await handle.describe();
        return raw.pendingActivities?.some(({ lastStartedTime }) => lastStartedTime != null) === true;
      }),
    /** The number of the attempt that completed each action, in history's order. */
    attemptsCompleted: async () => {
      const { events } = await handle.fetchHistory();
      const completed = events?.filter((event) => event.activityTaskCompletedEventAttributes != null);
      const started = events?.flatMap((event) => event.activityTaskStartedEventAttributes?.attempt ?? []);
      return completed?.length === 0 ? [] : started;
    },
  };
}
