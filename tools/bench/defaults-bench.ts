/**
 * `npm run bench -- defaults`: what a worker takes for many short runs under other options than those that it has by default.
 *
 * It judges nothing. What the defaults are and why is said in `src/worker.ts` and in BENCHMARKS.md; this is what they are held against.
 */
import { bundleWorkflowCode, DefaultLogger, type WorkerOptions } from '@temporalio/worker';
import { KernelPlugin } from '../../src/plugin';
import { aligned } from './aligned-table';
import { countOf, OK, type Bench, readOptions } from './bench';
import { openBenchServer, type BenchServer } from './bench-server';
import { environment, environmentText } from './environment';
import { median } from './sampling';
import { ourWorker, sideOf } from './steps-sides';

const ROUNDS_DEFAULT = 5;
const RUNS_DEFAULT = 100;
const STEPS = 10;

const USAGE = `npm run bench -- defaults [OPTION...]

Does many runs of ${STEPS} steps at once on a worker with its defaults, and on workers with one other option each, in turns. It says what
each takes, in times of what the defaults take; it judges nothing. A round before the first is not counted.

  --rounds N  how often everything is measured (default ${ROUNDS_DEFAULT}); figures are medians
  --runs N    how many runs are under way at once (default ${RUNS_DEFAULT})
  --json      prints one JSON document and nothing else
  --help      prints this`;

/** A worker's options, by what is said of them. */
const VARIANTS: Readonly<Record<string, Partial<WorkerOptions>>> = {
  'the defaults': {},
  '5 polls for each kind of task': { maxConcurrentWorkflowTaskPolls: 5, maxConcurrentActivityTaskPolls: 5 },
  '20 polls for each kind of task': { maxConcurrentWorkflowTaskPolls: 20, maxConcurrentActivityTaskPolls: 20 },
  'as many polls as the server advises': {
    workflowTaskPollerBehavior: { type: 'autoscaling' },
    activityTaskPollerBehavior: { type: 'autoscaling' },
  },
  '2 workflow threads': { workflowThreadPoolSize: 2 },
  'a cache of 50 runs': { maxCachedWorkflows: 50 },
  '10 s until a lost worker is noticed': { stickyQueueScheduleToStartTimeout: '10s' },
  'a sandbox for each run': { reuseV8Context: false },
};

/** What a variant took, in milliseconds, in each round. */
type Figures = ReadonlyMap<string, readonly number[]>;

interface Row {
  readonly options: string;
  readonly ms: number;
  readonly stepsPerSecond: number;
  /** The median of the rounds, in times of what the defaults took in the same one. */
  readonly ratio: number;
}

export const defaultsBench: Bench = {
  name: 'defaults',
  summary: 'many short runs on a worker with its defaults, and with other options',
  run: async (args) => {
    const values = readOptions(args, USAGE, { rounds: { type: 'string' }, runs: { type: 'string' } });
    if (values.help === true) {
      console.log(USAGE);
      return OK;
    }
    const rounds = countOf('--rounds', values.rounds, ROUNDS_DEFAULT);
    const runs = countOf('--runs', values.runs, RUNS_DEFAULT);
    const before = environment();
    const rows = rowsOf(await measure(rounds, runs), runs);
    console.log(
      values.json === true
        ? JSON.stringify({ bench: 'defaults', environment: before, rounds, runs, rows })
        : textOf(environmentText(before), rounds, runs, rows).join('\n'),
    );
    return OK;
  },
};

async function measure(rounds: number, runs: number): Promise<Figures> {
  const server = await openBenchServer();
  try {
    const workflowBundle = await bundleWorkflowCode({
      workflowsPath: require.resolve('./steps-workflows'),
      plugins: [new KernelPlugin({ programs: [] })],
      logger: new DefaultLogger('ERROR'),
    });
    const figures = new Map(Object.keys(VARIANTS).map((name) => [name, [] as number[]]));
    // Round 0 makes everything warm.
    for (let round = 0; round <= rounds; round += 1) {
      if (process.stderr.isTTY) process.stderr.write(`round ${round} of ${rounds} ...\n`);
      const inOrder = Object.entries(VARIANTS);
      for (const [name, options] of round % 2 === 0 ? inOrder : inOrder.reverse()) {
        const ms = await takesMs(server, { ...options, workflowBundle }, runs);
        if (round > 0) figures.get(name)?.push(ms);
      }
    }
    return figures;
  } finally {
    await server.close();
  }
}

/** One worker at a time: others would share the processor, and the tasks. */
async function takesMs(server: BenchServer, options: Partial<WorkerOptions>, runs: number): Promise<number> {
  const worker = await ourWorker({ connection: server.native, ...options });
  const side = sideOf(server, 'ours');
  return await worker.runUntil(async () => {
    await side.run(STEPS);
    const startedMs = performance.now();
    await Promise.all(Array.from({ length: runs }, () => side.run(STEPS)));
    return performance.now() - startedMs;
  });
}

function rowsOf(figures: Figures, runs: number): readonly Row[] {
  const [defaults = []] = figures.values();
  return [...figures].map(([options, samples]) => {
    const ms = median(samples);
    const ratio = median(samples.map((sample, round) => sample / (defaults[round] as number)));
    return { options, ms, stepsPerSecond: (runs * STEPS * 1_000) / ms, ratio };
  });
}

function textOf(machine: string, rounds: number, runs: number, rows: readonly Row[]): readonly string[] {
  const table = rows.map(({ options, ms, stepsPerSecond, ratio }) => [
    options,
    ms.toFixed(0),
    stepsPerSecond.toFixed(0),
    ratio.toFixed(2),
  ]);
  return [
    machine,
    `${runs} runs of ${STEPS} steps at once; medians of ${rounds} rounds`,
    '',
    ...aligned([['options of the worker', 'ms', 'steps /s', 'ratio'], ...table]),
  ];
}
