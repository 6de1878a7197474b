/** Benches of variants: many short runs under one condition and under others, in turns. They say what each takes, and judge nothing. */
import { aligned } from './aligned-table';
import { countOf, OK, type Bench, readOptions } from './bench';
import { environment, environmentText, type Environment } from './environment';
import { median } from './sampling';
import { SHORT_STEPS } from './steps-sides';

const ROUNDS_DEFAULT = 5;

/** How much is measured. */
export interface VariantDose {
  readonly rounds: number;
  /** How many runs are under way at once. */
  readonly runs: number;
  /** Without a round before the first, which makes everything warm and is not counted. */
  readonly isCold: boolean;
}

/** What one of them took. */
export interface VariantRow {
  readonly variant: string;
  /** The median of the rounds, in milliseconds. */
  readonly ms: number;
  readonly stepsPerSecond: number;
  /** The median of the rounds, in times of what the first one took in the same round. */
  readonly ratio: number;
}

/** A bench of variants. */
export interface VariantBench {
  readonly name: string;
  readonly summary: string;
  /** What it does, for its usage. */
  readonly text: string;
  /** Of the column with the variants. */
  readonly heading: string;
  readonly runsDefault: number;
  readonly measure: (dose: VariantDose) => Promise<readonly VariantRow[]>;
}

/** The bench as `npm run bench` has it, with its options and its report. */
export function benchOfVariants(bench: VariantBench): Bench {
  const { name, summary, runsDefault, measure } = bench;
  return {
    name,
    summary,
    run: async (args) => {
      const usage = usageOf(bench);
      const values = readOptions(args, usage, {
        cold: { type: 'boolean' },
        rounds: { type: 'string' },
        runs: { type: 'string' },
      });
      if (values.help === true) {
        console.log(usage);
        return OK;
      }
      const rounds = countOf('--rounds', values.rounds, ROUNDS_DEFAULT);
      const runs = countOf('--runs', values.runs, runsDefault);
      const before = environment();
      const rows = await measure({ rounds, runs, isCold: values.cold === true });
      console.log(
        values.json === true
          ? JSON.stringify({ bench: name, environment: before, rounds, runs, rows })
          : textOf(bench, before, rounds, runs, rows).join('\n'),
      );
      return OK;
    },
  };
}

function usageOf({ name, text, runsDefault }: VariantBench): string {
  return `npm run bench -- ${name} [OPTION...]

${text} A round before the first is not counted.

  --rounds N  how often everything is measured (default ${ROUNDS_DEFAULT}); figures are medians
  --runs N    how many runs are under way at once (default ${runsDefault})
  --cold      leaves out the round before the first
  --json      prints one JSON document and nothing else
  --help      prints this`;
}

/**
 * Measures all of them in every round, forwards and backwards in turn.
 *
 * @param takesMs does the dose's runs once under a variant, and gives its time in milliseconds
 */
export async function inTurns(
  variants: readonly string[],
  { rounds, runs, isCold }: VariantDose,
  takesMs: (variant: string) => Promise<number>,
): Promise<readonly VariantRow[]> {
  const samples = new Map(variants.map((variant) => [variant, [] as number[]]));
  for (let round = isCold ? 1 : 0; round <= rounds; round += 1) {
    // Told on the other stream: a minute without a word looks like one that hangs.
    if (process.stderr.isTTY) process.stderr.write(`round ${round} of ${rounds} ...\n`);
    for (const variant of round % 2 === 0 ? variants : [...variants].reverse()) {
      const ms = await takesMs(variant);
      if (round > 0) samples.get(variant)?.push(ms);
    }
  }
  const [first = []] = samples.values();
  return [...samples].map(([variant, taken]) => {
    const ms = median(taken);
    const ratio = median(taken.map((sample, round) => sample / (first[round] as number)));
    return { variant, ms, stepsPerSecond: (runs * SHORT_STEPS * 1_000) / ms, ratio };
  });
}

function textOf(
  { heading }: VariantBench,
  before: Environment,
  rounds: number,
  runs: number,
  rows: readonly VariantRow[],
): readonly string[] {
  const table = rows.map(({ variant, ms, stepsPerSecond, ratio }) => [
    variant,
    ms.toFixed(0),
    stepsPerSecond.toFixed(0),
    ratio.toFixed(2),
  ]);
  return [
    environmentText(before),
    `${runs} runs of ${SHORT_STEPS} steps at once; medians of ${rounds} rounds`,
    '',
    ...aligned([[heading, 'ms', 'steps /s', 'ratio'], ...table]),
  ];
}
