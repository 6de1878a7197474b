/**
 * `npm run bench -- steps`: durable steps, beside a hand-written Temporal workflow that calls the same activity.
 *
 * All sides are measured in every round, in turns, so a machine that is busy for a while is busy for all. The machine's speed moves from one turn to the next
 * by more than the sides differ: so the two that must be told apart by a twentieth take most of the turns, each next to the other. What a workload leaves to
 * the server is done before the next one begins. A ratio is the median of the rounds' ratios.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { aligned } from './aligned-table';
import { BROKEN, countOf, OK, type Bench, readOptions } from './bench';
import { openBenchServer } from './bench-server';
import { environment, environmentText, type Environment } from './environment';
import { median } from './sampling';
import { openSides, SHORT_STEPS, SIDES, type Side, type SideName } from './steps-sides';

const ROUNDS_DEFAULT = 5;
const LONG_STEPS = 100;
const RUNS_DEFAULT = 200;
const ANSWERS_DEFAULT = 100;
const LAPS_DEFAULT = 3;

/**
 * Each step leaves timers to the server (a lost worker, a late task, a missing heartbeat), which go off up to so many milliseconds later, and take a
 * third of what the step itself took there: without a rest, whoever comes next pays for them.
 */
const REST_MS = 16_000;

const USAGE = `npm run bench -- steps [OPTION...]

Measures durable steps on a local server, with an activity for each and in bursts, beside a hand-written workflow that calls the same
activity with the same timeouts and retries, and beside local activities: one run of many steps, many runs of ${SHORT_STEPS} steps at once,
and answers by update, each followed by a query for the next question. Then it says which bounds hold. Within a round the sides take turns in
laps: in each lap the hand-written side and ours take six turns each, bursts two, local activities one, and none comes behind itself. Before each workload
the server has ${REST_MS / 1_000} seconds to finish what the one before has left to it, and among many runs before bursts and local activities too. A turn of each side before the first round, and one before the first lap of each, are not counted.
The ratio to the hand-written side is the median of the rounds' ratios; the least and the most of them stand beside it. A call takes some 50 minutes.

  --rounds N    how often everything is measured (default ${ROUNDS_DEFAULT}); figures are medians
  --steps N     steps of the one run (default ${LONG_STEPS})
  --runs N      how many runs are under way at once (default ${RUNS_DEFAULT})
  --answers N   answers in a row (default ${ANSWERS_DEFAULT})
  --laps N      laps of a round (default ${LAPS_DEFAULT}); the many runs have one
  --no-rest     leaves those seconds out
  --file        the server keeps everything in a file, as a demo or a developer's server does; without it, in memory
  --json        prints one JSON document and nothing else
  --help        prints this`;

/** How much is measured. */
interface Dose {
  readonly rounds: number;
  readonly steps: number;
  readonly runs: number;
  readonly answers: number;
  readonly laps: number;
  readonly rests: boolean;
}

/** A workload. */
interface Load {
  readonly title: string;
  /** Durable steps, or answers, of the whole. */
  readonly amount: number;
  /** How many laps a round has; a side's figure is the mean of its turns. */
  readonly laps: number;
  readonly sides: readonly SideName[];
  /** Whether what the first two sides leave to the server is done before a turn of another. */
  readonly restsBeforeOthers: boolean;
  /** A side takes at most so many times what the hand-written one takes. */
  readonly ratioMax: Partial<Record<SideName, number>>;
  /** Does it once and gives its time in milliseconds. */
  readonly takesMs: (side: Side) => Promise<number>;
}

/** A workload's figures in milliseconds, one for each round. */
type Figures = ReadonlyMap<SideName, readonly number[]>;

export const stepsBench: Bench = {
  name: 'steps',
  summary: 'durable steps on a server, beside a hand-written workflow: one long run, many short ones, answers',
  run: async (args) => {
    const values = readOptions(args, USAGE, {
      file: { type: 'boolean' },
      rounds: { type: 'string' },
      steps: { type: 'string' },
      runs: { type: 'string' },
      answers: { type: 'string' },
      laps: { type: 'string' },
      'no-rest': { type: 'boolean' },
    });
    if (values.help === true) {
      console.log(USAGE);
      return OK;
    }
    const dose: Dose = {
      rounds: countOf('--rounds', values.rounds, ROUNDS_DEFAULT),
      steps: countOf('--steps', values.steps, LONG_STEPS),
      runs: countOf('--runs', values.runs, RUNS_DEFAULT),
      answers: countOf('--answers', values.answers, ANSWERS_DEFAULT),
      laps: countOf('--laps', values.laps, LAPS_DEFAULT),
      rests: values['no-rest'] !== true,
    };
    const before = environment();
    const isFile = values.file === true;
    const loads = loadsOf(dose);
    const figures = await measure(loads, dose, isFile);
    const rows = rowsOf(loads, figures);
    const bounds = boundsOf(loads, rows);
    console.log(
      values.json === true
        ? JSON.stringify({ bench: 'steps', environment: before, file: isFile, ...dose, rows, bounds })
        : textOf(before, dose, isFile, rows, bounds).join('\n'),
    );
    return bounds.every(({ holds }) => holds) ? OK : BROKEN;
  },
};

function loadsOf({ steps, runs, answers, laps }: Dose): readonly Load[] {
  return [
    {
      title: `1 run of ${steps} steps`,
      amount: steps,
      laps,
      sides: SIDES,
      // It would be little here beside the bounds, and the rests much beside the turns.
      restsBeforeOthers: false,
      ratioMax: { ours: 1.05, 'ours in bursts': 1 / 3 },
      takesMs: (side) => msOf(() => side.run(steps)),
    },
    {
      title: `${runs} runs of ${SHORT_STEPS} steps at once`,
      amount: runs * SHORT_STEPS,
      laps: 1,
      sides: SIDES,
      restsBeforeOthers: true,
      ratioMax: { ours: 1.05, 'ours in bursts': 1 / 2 },
      takesMs: (side) => msOf(() => Promise.all(Array.from({ length: runs }, () => side.run(SHORT_STEPS)))),
    },
    {
      title: `${answers} answers, to the next question`,
      amount: answers,
      laps,
      sides: ['hand-written', 'ours'],
      restsBeforeOthers: false,
      ratioMax: { ours: 1.1 },
      takesMs: (side) => answersMs(side, answers),
    },
  ];
}

async function answersMs({ name, ask }: Side, answers: number): Promise<number> {
  if (ask === null) throw new Error(`${name} has no runs that ask`);
  const run = await ask(0);
  try {
    return await msOf(async () => {
      for (let answer = 0; answer < answers; answer += 1) await run.answer();
    });
  } finally {
    await run.end();
  }
}

async function msOf(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

async function measure(
  loads: readonly Load[],
  { rounds, rests }: Dose,
  isFile: boolean,
): Promise<ReadonlyMap<Load, Figures>> {
  const folder = mkdtempSync(join(tmpdir(), 'temporal-kernel-bench-'));
  const server = await openBenchServer(isFile ? { dbFilename: join(folder, 'server.db') } : {});
  try {
    const { sides, close } = await openSides(server);
    const figures = new Map(loads.map((load) => [load, new Map(sides.map(({ name }) => [name, [] as number[]]))]));
    // Makes everything warm.
    for (const load of loads) for (const side of sidesOf(load, sides)) await load.takesMs(side);
    for (let round = 1; round <= rounds; round += 1) {
      for (const load of loads) {
        // Told on the other stream: a minute without a word looks like one that hangs.
        if (process.stderr.isTTY) process.stderr.write(`round ${round} of ${rounds}: ${load.title} ...\n`);
        if (rests) await pause(REST_MS);
        const means = await takeTurns(load, sidesOf(load, sides), round, rests);
        for (const [name, ms] of means) figures.get(load)?.get(name)?.push(ms);
      }
    }
    await close();
    return figures;
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function sidesOf(load: Load, sides: readonly Side[]): readonly Side[] {
  return sides.filter(({ name }) => load.sides.includes(name));
}

/**
 * A lap: who takes a turn, and after the last the first again. None comes behind itself: a side pays for what the one before has left to the server, and
 * whoever comes behind itself finds its own code in the caches. The first two come as often behind each other as they can.
 */
const LAP: readonly number[] = [0, 1, 0, 1, 2, 1, 0, 1, 0, 2, 0, 1, 0, 1, 3];

/** The same where there are only the first two. */
const LAP_OF_TWO: readonly number[] = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1];

/** Who takes a turn in a round: in every second one the first two change places, so that neither is always earlier. */
function lapOf(sides: readonly Side[], round: number): readonly Side[] {
  const [first, second, ...others] = sides as readonly [Side, Side, ...Side[]];
  const placed = round % 2 === 0 ? [second, first, ...others] : sides;
  return (others.length === 0 ? LAP_OF_TWO : LAP).map((place) => placed[place] as Side);
}

/** The sides take their turns of a round: the mean of what they took. */
async function takeTurns(
  load: Load,
  sides: readonly Side[],
  round: number,
  rests: boolean,
): Promise<ReadonlyMap<SideName, number>> {
  const turns = lapOf(sides, round);
  const [first, second] = sides;
  // Who comes first comes behind the same side as in a second lap.
  await load.takesMs(turns.at(-1) as Side);
  const taken = new Map<SideName, number[]>(sides.map(({ name }) => [name, []]));
  for (let lap = 0; lap < load.laps; lap += 1) {
    for (const side of turns) {
      if (rests && load.restsBeforeOthers && side !== first && side !== second) await pause(REST_MS);
      taken.get(side.name)?.push(await load.takesMs(side));
    }
  }
  return new Map([...taken].map(([name, ms]) => [name, ms.reduce((sum, one) => sum + one) / ms.length]));
}

/** What a side takes for a workload. */
interface FigureRow {
  readonly load: string;
  readonly side: SideName;
  readonly ms: number;
  readonly msEach: number;
  readonly perSecond: number;
  /** In times of what the hand-written one takes: the median of the rounds. */
  readonly ratio: number;
  /** The same for each round. */
  readonly ratios: readonly number[];
}

function rowsOf(loads: readonly Load[], figures: ReadonlyMap<Load, Figures>): readonly FigureRow[] {
  return loads.flatMap((load) => {
    const sides = figures.get(load) ?? (new Map() as Figures);
    const byHand = sides.get('hand-written') ?? [];
    return load.sides.map((side): FigureRow => {
      const samples = sides.get(side) ?? [];
      const ms = median(samples);
      const ratios = samples.map((sample, round) => sample / (byHand[round] as number));
      return {
        load: load.title,
        side,
        ms,
        msEach: ms / load.amount,
        perSecond: (load.amount / ms) * 1_000,
        ratio: median(ratios),
        ratios,
      };
    });
  });
}

interface Bound {
  readonly text: string;
  readonly ratio: number;
  readonly ratioMax: number;
  readonly holds: boolean;
}

function boundsOf(loads: readonly Load[], rows: readonly FigureRow[]): readonly Bound[] {
  return loads.flatMap(({ title, ratioMax: ratiosMax }) =>
    rows.flatMap(({ load, side, ratio }): readonly Bound[] => {
      const ratioMax = ratiosMax[side];
      if (load !== title || ratioMax === undefined) return [];
      const text = `${title}: ${side}, at most ${ratioMax.toFixed(2)} times what the hand-written one takes`;
      return [{ text, ratio, ratioMax, holds: ratio <= ratioMax }];
    }),
  );
}

function textOf(
  before: Environment,
  { rounds }: Dose,
  isFile: boolean,
  rows: readonly FigureRow[],
  bounds: readonly Bound[],
): readonly string[] {
  const table = rows.map(({ load, side, ms, msEach, perSecond, ratio, ratios }) => [
    load,
    side,
    ms.toFixed(0),
    msEach.toFixed(2),
    perSecond.toFixed(0),
    ratio.toFixed(2),
    Math.min(...ratios).toFixed(2),
    Math.max(...ratios).toFixed(2),
  ]);
  return [
    environmentText(before),
    `a local server ${isFile ? 'with a file' : 'in memory'}; client and workers in one process; medians of ${rounds} rounds`,
    '',
    ...aligned([['', 'side', 'ms', 'ms each', 'each /s', 'ratio', 'least', 'most'], ...table]),
    '',
    ...bounds.map(({ text, ratio, holds }) => `${holds ? 'holds' : 'FAILS'}  ${text}: ${ratio.toFixed(2)}`),
  ];
}
