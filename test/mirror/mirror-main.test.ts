/** The mirror as a process: on a server, and on exported histories; what it prints, and how it ends. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { KernelClient } from '../../src/client';
import { historyToJson } from '../../src/mirror';
import { KernelPlugin } from '../../src/plugin';
import { executionsOf } from '../../src/runs/execution-chain';
import { SqliteStore } from '../../src/stores';
import { obtainExecutable } from '../../tools/server';
import { freePorts, LOOPBACK } from '../../tools/server/free-ports';
import { logText } from '../support/log-text';
import { playing } from '../support/player';
import { PROGRAMS, type RunHarness } from '../support/run-harness';
import { until } from '../support/until';
import { Child } from '../worker/child';
import { sealing } from './sealed-payloads';
import { startOwnServer, type OwnServer } from './service-server';

jest.setTimeout(180_000);

const SUPPORT = resolve(__dirname, '../support');

let own: OwnServer;
let harness: RunHarness;
let directory: string;
const children: Child[] = [];

/** A run that continued as new, one that failed, and one that waits. */
const runs = { chained: 'chained', failed: 'failed', waiting: 'waiting' } as const;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'temporal-kernel-mirror-main-'));
  own = await startOwnServer();
  harness = await own.harness();
  await harness.startWorker();
  const { kernel } = harness;
  const echoes = Array.from({ length: 6 }, (_, input) => ({ call: 'echo', input }));
  await kernel.start('player', { runId: runs.chained, initialState: playing(...echoes), continueAfterEvents: 20 });
  const failing = playing({ call: 'failing', input: { message: 'no' } });
  await kernel.start('player', { runId: runs.failed, initialState: failing });
  await kernel.start('player', { runId: runs.waiting, initialState: playing({ ask: 'well?' }) });
  for (const runId of Object.values(runs)) await kernel.runUntilBlocked(runId);
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    await child.ended;
  }
});
afterAll(async () => {
  await harness.close();
  await own.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Starts the mirror with the players, on the tests' server unless told otherwise. */
function mirror(args: readonly string[], env: NodeJS.ProcessEnv = {}): Child {
  const child = Child.typeScript('src/mirror-main.ts', args, {
    TEMPORAL_ADDRESS: own.server.address,
    TEMPORAL_NAMESPACE: own.server.namespace,
    TEMPORAL_KERNEL_PROGRAMS: join(SUPPORT, 'player.ts'),
    ...env,
  });
  children.push(child);
  return child;
}

interface Line {
  readonly type: string;
  readonly runId?: string;
  readonly closed?: string | null;
  readonly [key: string]: unknown;
}

const linesOf = ({ stdout }: Child): Line[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

const ofType = (lines: readonly Line[], type: string): Line[] =>
  lines.filter((line) => line.type === type).sort((one, other) => String(one.runId).localeCompare(String(other.runId)));

const storeAt = (name: string): string => join(directory, name);

async function textsIn(path: string, runId: string): Promise<string> {
  const store = SqliteStore.open(path);
  try {
    return logText(await store.scanLog(runId, 1)).join('\n');
  } finally {
    await store.close();
  }
}

describe('given a server with runs', () => {
  test('when the mirror sweeps once and verifies, then every run is in the store, each line is JSON, and it ends with 0', async () => {
    const path = storeAt('once.db');
    const workflows = join(SUPPORT, 'workflows.ts');
    const child = mirror(['--store', path, '--once', '--verify', '--workflows', workflows, '--json']);

    expect(await child.ended).toBe(0);
    const lines = linesOf(child);
    expect(ofType(lines, 'run').map(({ runId, closed }) => [runId, closed])).toEqual([
      [runs.chained, 'completed'],
      [runs.failed, 'failed'],
      [runs.waiting, null],
    ]);
    for (const verdict of ofType(lines, 'verdict')) {
      expect(verdict).toMatchObject({ ok: true, checks: ['chain', 'fold', 'replay'], problems: [] });
    }
    const log = await harness.kernel.log(runs.chained);
    const summary = { looks: 3, runs: 3, closed: 2, entries: log.length + 2 + 1, failed: 0, skipped: 0 };
    expect(lines.at(-1)).toMatchObject({ type: 'summary', ...summary, verified: { logs: 3, differing: 0 } });

    const again = mirror(['--store', path, '--once']);
    expect(await again.ended).toBe(0);
    expect(again.stdout).toContain('0 new runs, 0 ended, 0 entries added, 0 left alone, 0 failed');
  });

  test('when a program is not the one that ran, then its run fails, the others are mirrored, and it ends with 1', async () => {
    await harness.kernel.start('novice', { runId: 'changed', initialState: playing({ note: 1 }) });
    await harness.kernel.runUntilBlocked('changed');
    const child = mirror(['--store', storeAt('changed.db'), '--once', '--json'], {
      TEMPORAL_KERNEL_PROGRAMS: resolve(__dirname, 'changed-programs.ts'),
    });

    expect(await child.ended).toBe(1);
    const lines = linesOf(child);
    expect(ofType(lines, 'failure')).toMatchObject([{ runId: 'changed', code: 'HistoryMismatch' }]);
    expect(ofType(lines, 'run').map(({ runId }) => runId)).toEqual(Object.values(runs));
    expect(lines.at(-1)).toMatchObject({ type: 'summary', failed: 1 });
  });

  test('when it runs until it is stopped, then runs come in as they move, Prometheus reads how many, and it ends with 0', async () => {
    const metrics = `${LOOPBACK}:${(await freePorts(1))[0]!}`;
    const path = storeAt('served.db');
    const child = mirror(['--store', path, '--metrics', metrics, '--sweep-interval-ms', '200']);
    await child.printed(/^mirror ready: player, novice, journeyman|^mirror ready: .*player/m);
    await harness.kernel.start('player', { runId: 'served', initialState: playing({ call: 'echo', input: 1 }) });
    await child.printed(/^served {2}completed {2}3 entries/m);

    const exported = await (await fetch(`http://${metrics}/metrics`)).text();
    expect(Number(/^temporal_kernel_mirror_closed\S* (\d+)$/m.exec(exported)?.[1])).toBeGreaterThanOrEqual(3);
    expect(exported).toMatch(/^temporal_kernel_mirror_lag\S*_count\S* \d+$/m);
    expect(exported).toMatch(/^temporal_kernel_mirror_queue\S* \d+$/m);

    child.kill('SIGTERM');
    expect(await child.ended).toBe(0);
    expect(child.stdout).toMatch(/mirror stopped\n$/);
  });

  test('when payloads went through codecs, then the data converter that it is given reads them', async () => {
    await sealedRun('sealed');
    const blind = mirror(['--store', storeAt('blind.db'), '--once', '--json']);
    expect(await blind.ended).toBe(1);
    expect(ofType(linesOf(blind), 'failure')).toMatchObject([{ runId: 'sealed', code: 'HistoryMismatch' }]);

    const path = storeAt('sealed.db');
    const converter = resolve(__dirname, 'sealed-payloads.ts');
    const child = mirror(['--store', path, '--once', '--verify', '--json', '--data-converter', converter]);
    expect(await child.ended).toBe(0);
    expect(await textsIn(path, 'sealed')).toContain('a secret');
    await harness.client.workflow
      .getHandle('sealed')
      .terminate()
      .catch(() => undefined);
  });
});

describe('given exported histories', () => {
  /** Exports a run's executions into a folder, in one of the shapes that files have. */
  async function exportTo(folder: string, runId: string, shape: 'cli' | 'ui' | 'old' | 'api'): Promise<string[]> {
    await mkdir(folder, { recursive: true });
    const files: string[] = [];
    for (const [index, executionId] of (await executionsOf(harness.client, runId)).entries()) {
      const file = join(folder, `${runId}-${index}.json`);
      await writeFile(file, await exported(runId, executionId, shape));
      files.push(file);
    }
    return files;
  }

  async function exported(runId: string, executionId: string, shape: 'cli' | 'ui' | 'old' | 'api'): Promise<string> {
    if (shape === 'cli') return await shownByCli(runId, executionId);
    const { events } = await harness.client.workflow.getHandle(runId, executionId).fetchHistory();
    const history = historyToJson(events ?? []) as { events: Record<string, unknown>[] };
    if (shape === 'api') return JSON.stringify(history);
    // The Web UI's download is indented; older ones begin with a byte order mark where Windows wrote them.
    if (shape === 'ui') return `\uFEFF${JSON.stringify(history, null, 2)}`;
    const short = (type: unknown): string =>
      String(type)
        .replace('EVENT_TYPE_', '')
        .toLowerCase()
        .replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
    return JSON.stringify(history.events.map((event) => ({ ...event, eventType: short(event['eventType']) })));
  }

  test('when a folder has them as the CLI, the Web UI and older tools write them, then the logs are those of the server', async () => {
    const online = storeAt('online.db');
    expect(await mirror(['--store', online, '--once']).ended).toBeDefined();
    const folder = storeAt('histories');
    const chain = await exportTo(join(folder, 'cli'), runs.chained, 'cli');
    expect(chain.length).toBeGreaterThan(1);
    await exportTo(join(folder, 'ui'), runs.waiting, 'ui');
    await exportTo(folder, runs.failed, 'old');
    const path = storeAt('offline.db');

    const child = mirror(['--store', path, '--history', folder, '--verify', '--json'], NO_SERVER);

    expect(await child.ended).toBe(0);
    const lines = linesOf(child);
    expect(ofType(lines, 'verdict').map(({ runId, ok }) => [runId, ok])).toEqual([
      [runs.chained, true],
      [runs.failed, true],
      [runs.waiting, true],
    ]);
    for (const runId of Object.values(runs)) expect(await textsIn(path, runId)).toBe(await textsIn(online, runId));
    expect(lines.at(-1)).toMatchObject({ type: 'summary', runs: 3, closed: 2, failed: 0 });
  });

  test('when files are broken, then each is told of, the others are mirrored, and it ends with 1', async () => {
    const folder = storeAt('broken');
    const [file] = await exportTo(folder, runs.failed, 'api');
    const text = await readFile(file!, 'utf8');
    await writeFile(join(folder, 'cut.json'), text.slice(0, text.length / 2));
    await writeFile(join(folder, 'other.json'), '{"orders":[1,2,3]}');
    await writeFile(join(folder, 'notes.txt'), 'no history at all');

    const child = mirror(['--store', storeAt('broken.db'), '--json', '--history', folder], NO_SERVER);

    expect(await child.ended).toBe(1);
    const lines = linesOf(child);
    expect(lines.filter(({ type }) => type === 'failure').map(({ file: at, reason }) => [at, reason])).toEqual([
      [join(folder, 'cut.json'), expect.stringContaining('not JSON')],
      [join(folder, 'other.json'), expect.stringContaining('not an exported history')],
    ]);
    expect(ofType(lines, 'run')).toMatchObject([{ runId: runs.failed, closed: 'failed' }]);
  });

  test('when an execution of a chain is missing, then it says which, and how to export it', async () => {
    const [first, ...rest] = await exportTo(storeAt('gap'), runs.chained, 'api');
    const [executionId] = await executionsOf(harness.client, runs.chained);
    expect(first).toBeDefined();
    const child = mirror(['--store', storeAt('gap.db'), '--history', ...rest], NO_SERVER);
    expect(await child.ended).toBe(1);
    expect(child.stdout).toMatch(
      new RegExp(`^chained {2}FAILED {2}RunNotFound: .*--workflow-id chained --run-id ${executionId!}`, 'm'),
    );
  });

  test('when a history does not say its workflow id, then it is asked for, and can be given', async () => {
    const [file] = await exportTo(storeAt('nameless'), runs.failed, 'api');
    const text = await readFile(file!, 'utf8');
    await writeFile(file!, text.replace(`"workflowId":"${runs.failed}"`, '"workflowId":""'));
    const nameless = mirror(['--store', storeAt('nameless.db'), '--history', file!], NO_SERVER);
    expect(await nameless.ended).toBe(1);
    expect(nameless.stdout).toContain('give it with --run-id');

    const args = ['--store', storeAt('nameless.db'), '--history', file!, '--run-id', runs.failed, '--verify'];
    const named = mirror(args, NO_SERVER);
    expect(await named.ended).toBe(0);
    expect(named.stdout).toMatch(/^failed {2}verified \(chain, fold\) {2}2 entries/m);
  });
});

describe('given a command line that can not work', () => {
  const store = ['--store', join(tmpdir(), 'temporal-kernel-never.db')];
  test.each<[string, readonly string[], RegExp]>([
    ['a flag that is none', [...store, '--twice'], /'--twice'[^]*What to do: see --help/],
    ['an address where nobody answers', [...store, '--address', '127.0.0.1:1'], /^--address: .*no Temporal server/m],
    ['a namespace that is not there', [...store, '--namespace', 'nowhere'], /^--namespace: .*no such namespace/m],
    ['a store in no folder', ['--store', '/nowhere/runs.db', '--once'], /^--store: .*can't be opened/m],
    ['a history that is not there', [...store, '--history', 'nowhere.json'], /nowhere\.json can't be read/],
  ])('when there is %s, then it says so and ends with 2', async (_case, args, says) => {
    const child = mirror(args);
    expect(await child.ended).toBe(2);
    expect(child.stderr).toMatch(says);
    expect(child.stdout).toBe('');
  });

  test('when help is asked for, then every flag is in it, and it ends with 0', async () => {
    const child = mirror(['--help']);
    expect(await child.ended).toBe(0);
    for (const flag of ['--store', '--history', '--once', '--verify', '--json', '--data-converter', '--metrics']) {
      expect(child.stdout).toContain(flag);
    }
  });
});

/** Offline means offline: whoever asks a server gets an error. */
const NO_SERVER: NodeJS.ProcessEnv = { TEMPORAL_ADDRESS: '127.0.0.1:1' };

async function shownByCli(runId: string, executionId: string): Promise<string> {
  const { path } = await obtainExecutable('dev', { report: () => undefined });
  const where = ['--address', own.server.address, '--namespace', own.server.namespace];
  const which = ['--workflow-id', runId, '--run-id', executionId, '--output', 'json'];
  const { stdout } = await promisify(execFile)(path, ['workflow', 'show', ...where, ...which], {
    maxBuffer: 50_000_000,
  });
  return stdout;
}

/** A run whose payloads are sealed. */
async function sealedRun(runId: string): Promise<void> {
  const dataConverter = sealing();
  const { namespace } = own.server;
  const client = new Client({ connection: own.client.connection, namespace, dataConverter });
  const worker = await Worker.create({
    connection: own.native,
    namespace,
    taskQueue: 'sealed',
    dataConverter,
    workflowsPath: join(SUPPORT, 'workflows.ts'),
    plugins: [new KernelPlugin({ programs: PROGRAMS })],
  });
  const kernel = new KernelClient({ client, programs: PROGRAMS, taskQueue: 'sealed' });
  await worker.runUntil(async () => {
    await kernel.start('player', { runId, initialState: playing({ call: 'echo', input: 'a secret' }) });
    await kernel.runUntilBlocked(runId);
  });
  await until(
    async () => (await client.workflow.count(`WorkflowId = '${runId}' AND CloseTime IS NOT NULL`)).count === 1,
  );
}
