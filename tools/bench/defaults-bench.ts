/**
 * `npm run bench -- defaults`: what a worker takes for many short runs under other options than those that it has by default.
 *
 * It judges nothing. What the defaults are and why is said in `src/worker.ts` and in BENCHMARKS.md; this is what they are held against.
 */
import { bundleWorkflowCode, DefaultLogger, type WorkerOptions } from '@temporalio/worker';
import { KernelPlugin } from '../../src/plugin';
import type { Bench } from './bench';
import { openBenchServer, type BenchServer } from './bench-server';
import { ourWorker, SHORT_STEPS, sideOf } from './steps-sides';
import { benchOfVariants, inTurns, type VariantDose, type VariantRow } from './variants';

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

export const defaultsBench: Bench = benchOfVariants({
  name: 'defaults',
  summary: 'many short runs on a worker with its defaults, and with other options',
  text: `Does many runs of ${SHORT_STEPS} steps at once on a worker with its defaults, and on workers with one other option each, in turns. It says what
each takes, in times of what the defaults take; it judges nothing.`,
  heading: 'options of the worker',
  runsDefault: 100,
  measure,
});

async function measure(dose: VariantDose): Promise<readonly VariantRow[]> {
  const server = await openBenchServer();
  try {
    const workflowBundle = await bundleWorkflowCode({
      workflowsPath: require.resolve('./steps-workflows'),
      plugins: [new KernelPlugin({ programs: [] })],
      logger: new DefaultLogger('ERROR'),
    });
    return await inTurns(
      Object.keys(VARIANTS),
      dose,
      async (variant) => await takesMs(server, { ...VARIANTS[variant], workflowBundle }, dose.runs),
    );
  } finally {
    await server.close();
  }
}

/** One worker at a time: others would share the processor, and the tasks. */
async function takesMs(server: BenchServer, options: Partial<WorkerOptions>, runs: number): Promise<number> {
  const worker = await ourWorker({ connection: server.native, ...options });
  const side = sideOf(server, 'ours');
  return await worker.runUntil(async () => {
    await side.run(SHORT_STEPS);
    const startedMs = performance.now();
    await Promise.all(Array.from({ length: runs }, () => side.run(SHORT_STEPS)));
    return performance.now() - startedMs;
  });
}
