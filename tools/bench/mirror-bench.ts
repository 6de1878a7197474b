/**
 * `npm run bench -- mirror`: what a look at a run costs when its history is long and little of it is new, and how fast a whole
 * history is folded.
 *
 * The lengths take turns within a round, so a machine that is busy for a while is busy for all of them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunId } from '../../src/kernel';
import { ExportedHistorySource, historyToJson, Mirror } from '../../src/mirror';
import { MemoryStore, SqliteStore } from '../../src/stores';
import { BROKEN, countOf, OK, type Bench, readOptions } from './bench';
import { environment } from './environment';
import { ticker } from './mirror-program';
import { openMirrorRuns, type MirrorRuns } from './mirror-runs';
import { median } from './sampling';

const LENGTHS: readonly number[] = [100, 1_000, 10_000];
const ROUNDS_DEFAULT = 15;

/** Calls that a run makes between two looks: with its question, some ten events. */
const NEW_CALLS = 1;

/** The dearest length's time per new event, in times of the cheapest's. */
const SPREAD_MAX = 2;

/** History events that a whole fold takes in a second, at least. */
const FOLD_EVENTS_PER_S_MIN = 20_000;

/** Folds that are timed, and folds before them that make the code warm. */
const FOLDS = 9;
const FOLD_WARM_UPS = 5;

const USAGE = `npm run bench -- mirror [OPTION...]

Measures the mirror against a real server: the time of a look at a run, for each history event that is new, at history lengths of
${LENGTHS.join(', ')}; and the fold of a whole history, in events per second. Then it says which bounds hold.

  --rounds N   looks at each length (default ${ROUNDS_DEFAULT}); figures are medians
  --longest N  leaves out longer histories than this
  --json       prints one JSON document and nothing else
  --help       prints this`;

/** The bench. */
export const mirrorBench: Bench = {
  name: 'mirror',
  summary: 'the mirror: a look at a long history with little new in it, and the fold of a whole one',
  run: async (args) => {
    const values = readOptions(args, USAGE, {
      rounds: { type: 'string' },
      longest: { type: 'string' },
    });
    if (values.help === true) {
      console.log(USAGE);
      return OK;
    }
    const rounds = countOf('--rounds', values.rounds, ROUNDS_DEFAULT);
    const longest = countOf('--longest', values.longest, LENGTHS.at(-1) as number);
    const report = await measure(
      rounds,
      LENGTHS.filter((length) => length <= longest),
    );
    const bounds = boundsOf(report);
    console.log(
      values.json === true
        ? JSON.stringify({ environment: environment(), ...report, bounds })
        : [...textOf(report), ...bounds.map(({ text, holds }) => `${holds ? 'holds ' : 'BROKEN'} ${text}`)].join('\n'),
    );
    return bounds.every(({ holds }) => holds) ? OK : BROKEN;
  },
};

/** What a look at a run of one length costs. */
interface LookFigure {
  readonly length: number;
  readonly newEvents: number;
  readonly lookMs: number;
  readonly msPerNewEvent: number;
}

interface Report {
  readonly looks: readonly LookFigure[];
  readonly fold: { readonly events: number; readonly ms: number; readonly eventsPerSecond: number };
}

async function measure(rounds: number, lengths: readonly number[]): Promise<Report> {
  const runs = await openMirrorRuns();
  const folder = mkdtempSync(join(tmpdir(), 'temporal-kernel-bench-'));
  const store = SqliteStore.open(join(folder, 'log.db'));
  try {
    const ids = new Map<number, RunId>();
    for (const length of lengths) ids.set(length, await runs.start(length));
    const mirror = new Mirror({ client: runs.client, programs: [ticker], store });
    for (const runId of ids.values()) await mirror.mirror(runId);
    const samples = new Map(lengths.map((length) => [length, { ms: [] as number[], events: [] as number[] }]));
    for (let round = 0; round < rounds; round += 1) {
      for (const [length, runId] of ids) {
        const { ms, events } = samples.get(length) as { ms: number[]; events: number[] };
        const before = await lengthOf(runs, runId);
        await runs.goOn(runId, NEW_CALLS);
        const startedMs = performance.now();
        await mirror.mirror(runId);
        ms.push(performance.now() - startedMs);
        events.push((await lengthOf(runs, runId)) - before);
      }
    }
    const looks = lengths.map((length) => {
      const { ms, events } = samples.get(length) as { ms: number[]; events: number[] };
      const perEvent = median(ms.map((one, index) => one / (events[index] as number)));
      return { length, newEvents: median(events), lookMs: median(ms), msPerNewEvent: perEvent };
    });
    return { looks, fold: await foldFigure(runs, ids.get(lengths.at(-1) as number) as RunId) };
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
    await runs.close();
  }
}

async function lengthOf(runs: MirrorRuns, runId: RunId): Promise<number> {
  return (await runs.client.workflow.getHandle(runId).describe()).historyLength;
}

/** The fold alone: the history is in memory, and so is the store. */
async function foldFigure(runs: MirrorRuns, runId: RunId): Promise<Report['fold']> {
  const { events = [] } = await runs.client.workflow.getHandle(runId).fetchHistory();
  const source = new ExportedHistorySource([historyToJson(events ?? [])]);
  const samples: number[] = [];
  for (let run = 0; run < FOLD_WARM_UPS + FOLDS; run += 1) {
    const mirror = new Mirror({ source, programs: [ticker], store: new MemoryStore() });
    const startedMs = performance.now();
    await mirror.mirror(runId);
    samples.push(performance.now() - startedMs);
  }
  const ms = median(samples.slice(FOLD_WARM_UPS));
  const count = events?.length ?? 0;
  return { events: count, ms, eventsPerSecond: Math.round((count / ms) * 1_000) };
}

function boundsOf({ looks, fold }: Report): readonly { readonly text: string; readonly holds: boolean }[] {
  const perEvent = looks.map(({ msPerNewEvent }) => msPerNewEvent);
  const spread = Math.max(...perEvent) / Math.min(...perEvent);
  return [
    {
      text: `time per new event differs by less than ${SPREAD_MAX} times between the lengths: ${spread.toFixed(2)}`,
      holds: spread < SPREAD_MAX,
    },
    {
      text: `the full fold takes at least ${FOLD_EVENTS_PER_S_MIN} events per second: ${fold.eventsPerSecond}`,
      holds: fold.eventsPerSecond >= FOLD_EVENTS_PER_S_MIN,
    },
  ];
}

function textOf({ looks, fold }: Report): readonly string[] {
  return [
    'a look at a run that made one call and asked again, into a SQLite file',
    'history events   new events   look ms   ms per new event',
    ...looks.map(({ length, newEvents, lookMs, msPerNewEvent }) =>
      [
        String(length).padStart(14),
        String(newEvents).padStart(12),
        lookMs.toFixed(2).padStart(9),
        msPerNewEvent.toFixed(3).padStart(18),
      ].join(' '),
    ),
    `fold of a whole history of ${fold.events} events in memory: ${fold.ms.toFixed(0)} ms, ${fold.eventsPerSecond} events per second`,
  ];
}
