/**
 * `npm run bench -- many`: many runs at once on one worker process and on two, and whether anything was lost.
 *
 * Lost would be a run that does not complete, one that took another number of steps, or one whose log is not what its history says. The
 * last is looked at in a sample, because a look at each would take longer than all of the runs.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WorkflowFailedError } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { KernelClient } from '../../src/client';
import { Mirror } from '../../src/mirror';
import { KernelPlugin } from '../../src/plugin';
import { MemoryStore } from '../../src/stores';
import { aligned } from './aligned-table';
import { BROKEN, countOf, OK, type Bench, readOptions } from './bench';
import { openBenchServer, type BenchServer } from './bench-server';
import { environment, environmentText } from './environment';
import { stepper } from './steps-program';
import { OUR_QUEUE } from './steps-sides';
import { WorkerProcesses } from './worker-processes';

const RUNS_DEFAULT = 2_000;
const STEPS = 10;
const SAMPLE_MAX = 25;

/** Starts, and later waits, under way at once: neither the client nor the number of those who wait is what is measured. */
const AT_ONCE = 100;

/** A step is two events of the log, and the end is one. */
const HEAD = STEPS * 2 + 1;

const MEMORY_EVERY_MS = 500;

const USAGE = `npm run bench -- many [OPTION...]

Starts many runs of ${STEPS} steps at once, on one worker process and on two, waits for all of them, and then looks whether anything was
lost: every run must have completed with all of its steps, and the logs of a sample of ${SAMPLE_MAX} must verify against their histories.

  --runs N     how many runs (default ${RUNS_DEFAULT.toLocaleString('en')})
  --workers N  with so many worker processes alone
  --json       prints one JSON document and nothing else
  --help       prints this`;

/** What was seen with so many workers. */
interface ManyFigures {
  readonly workers: number;
  readonly runs: number;
  readonly completed: number;
  readonly verified: number;
  readonly sampled: number;
  readonly ms: number;
  readonly stepsPerSecond: number;
  /** The most that all worker processes together had at once. */
  readonly residentMb: number;
}

export const manyBench: Bench = {
  name: 'many',
  summary: 'many runs at once on one worker and on two: steps per second, memory, and nothing lost',
  run: async (args) => {
    const values = readOptions(args, USAGE, {
      runs: { type: 'string' },
      workers: { type: 'string' },
    });
    if (values.help === true) {
      console.log(USAGE);
      return OK;
    }
    const runs = countOf('--runs', values.runs, RUNS_DEFAULT);
    const counts = values.workers === undefined ? [1, 2] : [countOf('--workers', values.workers, 1)];
    const before = environment();
    const folder = mkdtempSync(join(tmpdir(), 'temporal-kernel-bench-'));
    const server = await openBenchServer();
    const figures: ManyFigures[] = [];
    try {
      const bundlePath = join(folder, 'workflows.js');
      writeFileSync(bundlePath, await bundled());
      for (const count of counts) figures.push(await measure(server, bundlePath, count, runs));
    } finally {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    }
    const isLost = figures.some(
      ({ completed, verified, sampled, ...figure }) => completed < figure.runs || verified < sampled,
    );
    console.log(
      values.json === true
        ? JSON.stringify({ bench: 'many', environment: before, figures })
        : [environmentText(before), '', ...textOf(figures)].join('\n'),
    );
    return isLost ? BROKEN : OK;
  },
};

async function bundled(): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: require.resolve('./steps-workflows'),
    plugins: [new KernelPlugin({ programs: [] })],
    logger: new DefaultLogger('ERROR'),
  });
  return code;
}

async function measure(
  server: BenchServer,
  bundlePath: string,
  workerCount: number,
  runs: number,
): Promise<ManyFigures> {
  const workers = await WorkerProcesses.start(workerCount, server.address, bundlePath);
  let most = 0;
  const look = async (): Promise<void> => {
    most = Math.max(most, await workers.residentBytes());
  };
  try {
    const kernel = new KernelClient({ client: server.client, programs: [stepper], taskQueue: OUR_QUEUE });
    await one(server, kernel, `warm-${workerCount}`);
    const ids = Array.from({ length: runs }, (_, index) => `many-${workerCount}-${index}`);
    const looks = setInterval(() => {
      void look();
    }, MEMORY_EVERY_MS);
    const startedMs = performance.now();
    await inTurn(ids, AT_ONCE, async (runId) => {
      await kernel.start(stepper, { runId, initialState: { steps: STEPS } });
    });
    let completed = 0;
    // Not for all at once: a server answers only so many who wait.
    await inTurn(ids, AT_ONCE, async (runId) => {
      if (await isWhole(server, runId)) completed += 1;
    });
    const ms = performance.now() - startedMs;
    clearInterval(looks);
    await look();
    const sample = ids.filter((_, index) => index % Math.ceil(runs / SAMPLE_MAX) === 0);
    return {
      workers: workerCount,
      runs,
      completed,
      verified: await verifiedCount(server, sample),
      sampled: sample.length,
      ms,
      stepsPerSecond: (runs * STEPS * 1_000) / ms,
      residentMb: most / 1_000_000,
    };
  } finally {
    await workers.stop();
  }
}

async function one(server: BenchServer, kernel: KernelClient, runId: string): Promise<void> {
  await kernel.start(stepper, { runId, initialState: { steps: STEPS } });
  await server.client.workflow.getHandle(runId).result();
}

/** Does something for each id, so many at once. */
async function inTurn(ids: readonly string[], atOnce: number, work: (runId: string) => Promise<void>): Promise<void> {
  const waiting = ids.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const runId of waiting) await work(runId);
    }),
  );
}

/** Whether a run completed with all of its steps in its log. */
async function isWhole({ client }: BenchServer, runId: string): Promise<boolean> {
  try {
    const outcome = (await client.workflow.getHandle(runId).result()) as {
      readonly head: number;
      readonly state: { readonly done: number };
    };
    return outcome.head === HEAD && outcome.state.done === STEPS;
  } catch (error) {
    if (error instanceof WorkflowFailedError) return false;
    throw error;
  }
}

/** How many of the runs have a log that is what their histories say. */
async function verifiedCount({ client }: BenchServer, runIds: readonly string[]): Promise<number> {
  const mirror = new Mirror({ client, programs: [stepper], store: new MemoryStore() });
  let verified = 0;
  for (const runId of runIds) {
    const { head } = await mirror.mirror(runId);
    const { ok } = await mirror.verify(runId);
    if (ok && head === HEAD) verified += 1;
  }
  return verified;
}

function textOf(figures: readonly ManyFigures[]): readonly string[] {
  const count = (value: number): string => Math.round(value).toLocaleString('en');
  return [
    ...aligned([
      ['worker processes', 'runs', 'seconds', 'steps /s', 'workers MB at most'],
      ...figures.map(({ workers, runs, ms, stepsPerSecond, residentMb }) => [
        String(workers),
        count(runs),
        (ms / 1_000).toFixed(1),
        count(stepsPerSecond),
        count(residentMb),
      ]),
    ]),
    '',
    ...figures.flatMap(({ workers, runs, completed, verified, sampled }) => [
      `${completed === runs ? 'holds' : 'FAILS'}  on ${workers}: every run completed with all of its steps: ${completed} of ${runs}`,
      `${verified === sampled ? 'holds' : 'FAILS'}  on ${workers}: the logs of a sample verify against their histories: ${verified} of ${sampled}`,
    ]),
  ];
}
