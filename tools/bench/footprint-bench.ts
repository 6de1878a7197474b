/**
 * `npm run bench -- footprint`: what a run takes besides time, beside a hand-written workflow that does the same: history, memory of
 * a run that a worker keeps, the bundle, the start of a worker, and the replay of a long history.
 */
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkerOptions } from '@temporalio/worker';
import { messageOf } from '../../src/kernel';
import { KernelPlugin } from '../../src/plugin';
import { aligned } from './aligned-table';
import { countOf, OK, type Bench, readOptions } from './bench';
import { openBenchServer, type BenchServer } from './bench-server';
import { environment, environmentText } from './environment';
import { collectGarbage, median } from './sampling';
import { handWrittenWorker, ourWorker, sideOf, type AskingRun, type Side } from './steps-sides';

const CACHED_DEFAULT = 300;
const EVENTS_DEFAULT = 4_000;
const REPLAYS = 7;

/** A step is six events: scheduled, started, completed, and the three of the workflow task after it. */
const EVENTS_PER_STEP = 6;

/** Runs that are begun at once, until all are there that are kept. */
const ASKED_AT_ONCE = 20;

/** What those may take until all of them ask: a call that the server leaves unanswered has no end of its own. */
const ASKED_MS_MAX = 120_000;

/** A run has so many steps behind it when it is kept. */
const CACHED_STEPS = 10;

/** What a step takes is the difference of a run with so many and one without, divided by them. */
const MEASURED_STEPS = 100;

const USAGE = `npm run bench -- footprint [OPTION...]

Measures what a run takes besides time, beside a hand-written workflow: events and bytes of history for each step, memory of a
run that a worker keeps in its cache, size of the bundle, start of a worker with and without bundling, replay of a long history.

  --cached N   runs that a worker keeps at once (default ${CACHED_DEFAULT})
  --events N   length of the history that is replayed (default ${EVENTS_DEFAULT.toLocaleString('en')})
  --json       prints one JSON document and nothing else
  --help       prints this`;

/** What one side takes. */
interface Footprint {
  readonly eventsPerStep: number;
  readonly bytesPerStep: number;
  /** What a run without steps takes. */
  readonly eventsAround: number;
  readonly bytesAround: number;
  readonly heapKbPerCachedRun: number;
  readonly bundleKb: number;
  readonly startMs: number;
  readonly startWithBundlingMs: number;
  readonly replayedEvents: number;
  readonly replayMs: number;
}

interface SideParts {
  readonly name: 'ours' | 'hand-written';
  readonly workflowsPath: string;
  readonly plugins: readonly KernelPlugin[];
  readonly worker: (options: Partial<WorkerOptions>) => Promise<Worker>;
}

const PARTS: readonly SideParts[] = [
  {
    name: 'hand-written',
    workflowsPath: require.resolve('./hand-written-workflows'),
    plugins: [],
    worker: handWrittenWorker,
  },
  {
    name: 'ours',
    workflowsPath: require.resolve('./steps-workflows'),
    plugins: [new KernelPlugin({ programs: [] })],
    worker: ourWorker,
  },
];

export const footprintBench: Bench = {
  name: 'footprint',
  summary: 'history, memory, bundle, start and replay of a run, beside a hand-written workflow',
  run: async (args) => {
    const values = readOptions(args, USAGE, {
      cached: { type: 'string' },
      events: { type: 'string' },
    });
    if (values.help === true) {
      console.log(USAGE);
      return OK;
    }
    const cached = countOf('--cached', values.cached, CACHED_DEFAULT);
    const events = countOf('--events', values.events, EVENTS_DEFAULT);
    const before = environment();
    const server = await openBenchServer();
    const figures = new Map<string, Footprint>();
    try {
      for (const parts of PARTS) figures.set(parts.name, await measure(server, parts, cached, events));
    } finally {
      await server.close();
    }
    console.log(
      values.json === true
        ? JSON.stringify({ bench: 'footprint', environment: before, cached, ...Object.fromEntries(figures) })
        : [environmentText(before), '', ...textOf(figures)].join('\n'),
    );
    return OK;
  },
};

async function measure(server: BenchServer, parts: SideParts, cached: number, events: number): Promise<Footprint> {
  const { workflowsPath, worker } = parts;
  const connection = server.native;
  const bundling = performance.now();
  await worker({ connection }).then(stopUnused);
  const startWithBundlingMs = performance.now() - bundling;
  const bundle = await bundleWorkflowCode({
    workflowsPath,
    plugins: [...parts.plugins],
    logger: new DefaultLogger('ERROR'),
  });
  const starting = performance.now();
  // Workflows run on this thread in debug mode: the heap of another can't be looked at. The start is that of an ordinary worker.
  await worker({ connection, workflowBundle: bundle }).then(stopUnused);
  const startMs = performance.now() - starting;
  const debugged = await worker({
    connection,
    workflowBundle: bundle,
    debugMode: true,
    maxCachedWorkflows: cached * 2 + 10,
  });
  const stopped = debugged.run();
  try {
    const side = sideOf(server, parts.name);
    const around = await historyOf(server, await side.run(0));
    const whole = await historyOf(server, await side.run(MEASURED_STEPS));
    const heapKbPerCachedRun = await heapKbOf(server, side, cached);
    const long = await side.run(Math.round(events / EVENTS_PER_STEP));
    return {
      eventsPerStep: (whole.events - around.events) / MEASURED_STEPS,
      bytesPerStep: (whole.bytes - around.bytes) / MEASURED_STEPS,
      eventsAround: around.events,
      bytesAround: around.bytes,
      heapKbPerCachedRun,
      // The source map is a comment of it.
      bundleKb: bundle.code.replace(/\/\/# sourceMappingURL=.*/g, '').length / 1_000,
      startMs,
      startWithBundlingMs,
      ...(await replayOf(server, bundle, long)),
    };
  } finally {
    debugged.shutdown();
    await stopped;
  }
}

/** A worker that was made and does nothing has to run before it can be stopped. */
async function stopUnused(worker: Worker): Promise<void> {
  await worker.runUntil(Promise.resolve());
}

async function historyOf(
  { client }: BenchServer,
  runId: string,
): Promise<{ readonly events: number; readonly bytes: number }> {
  const { historyLength, historySize = 0 } = await client.workflow.getHandle(runId).describe();
  return { events: historyLength, bytes: historySize };
}

async function heapKbOf({ client }: BenchServer, { ask }: Side, cached: number): Promise<number> {
  if (ask === null) throw new Error('a side that does not ask keeps no runs');
  const some = async (count: number): Promise<readonly AskingRun[]> =>
    await client.withDeadline(Date.now() + ASKED_MS_MAX, () =>
      Promise.all(Array.from({ length: count }, () => ask(CACHED_STEPS))),
    );
  // What is made once, for the first of them, is nobody's.
  const kept = [...(await some(Math.min(cached, ASKED_AT_ONCE)))];
  const before = heapUsed();
  for (let left = cached; left > 0; left -= ASKED_AT_ONCE) kept.push(...(await some(Math.min(left, ASKED_AT_ONCE))));
  const after = heapUsed();
  await Promise.all(kept.map((run) => run.end()));
  return (after - before) / cached / 1_000;
}

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

async function replayOf(
  { client }: BenchServer,
  workflowBundle: { readonly code: string },
  runId: string,
): Promise<Pick<Footprint, 'replayedEvents' | 'replayMs'>> {
  const history = await client.workflow.getHandle(runId).fetchHistory();
  const again = async function* (): AsyncGenerator<{ workflowId: string; history: typeof history }> {
    for (let count = 0; count <= REPLAYS; count += 1) yield await Promise.resolve({ workflowId: runId, history });
  };
  const samples: number[] = [];
  let startedMs = performance.now();
  for await (const { error } of Worker.runReplayHistories({ workflowBundle }, again())) {
    if (error !== undefined) throw new Error(`the history of ${runId} does not replay: ${messageOf(error)}`);
    samples.push(performance.now() - startedMs);
    startedMs = performance.now();
  }
  // The first one has the start of the worker in it.
  return { replayedEvents: history.events?.length ?? 0, replayMs: median(samples.slice(1)) };
}

function textOf(figures: ReadonlyMap<string, Footprint>): readonly string[] {
  const sides = [...figures.values()];
  const row = (title: string, figure: (footprint: Footprint) => number, digits: number): readonly string[] => [
    title,
    ...sides.map((side) => figure(side).toFixed(digits)),
    (figure(sides[1] as Footprint) / figure(sides[0] as Footprint) || 0).toFixed(2),
  ];
  return aligned([
    ['', ...figures.keys(), 'ratio'],
    row('history events of a step', ({ eventsPerStep }) => eventsPerStep, 1),
    row('history bytes of a step', ({ bytesPerStep }) => bytesPerStep, 0),
    row('history events around the steps', ({ eventsAround }) => eventsAround, 0),
    row('history bytes around the steps', ({ bytesAround }) => bytesAround, 0),
    row('heap of a cached run of 10 steps, KB', ({ heapKbPerCachedRun }) => heapKbPerCachedRun, 1),
    row('bundle without its source map, KB', ({ bundleKb }) => bundleKb, 0),
    row('start of a worker, bundle made before, ms', ({ startMs }) => startMs, 0),
    row('start of a worker with bundling, ms', ({ startWithBundlingMs }) => startWithBundlingMs, 0),
    row('events of the replayed history', ({ replayedEvents }) => replayedEvents, 0),
    row('replay of it, ms', ({ replayMs }) => replayMs, 0),
  ]);
}
