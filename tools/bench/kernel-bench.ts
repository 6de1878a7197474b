/**
 * `npm run bench -- kernel`: the in-process kernel in memory, side by side with the reference.
 *
 * A round measures the reference, then every row of ours, and rounds follow each other; so a machine that is busy for a while
 * is busy for both.
 */
import { resolve } from 'node:path';
import { BadCommand, BROKEN, countOf, OK, type Bench, readOptions } from './bench';
import { environment } from './environment';
import { judge, KERNEL_BOUNDS, type Round } from './kernel-bounds';
import { kernelReportJson, kernelReportText, publishedFigures, isFullSize } from './kernel-report';
import { kernelRows, type Row, type RowId } from './kernel-rows';
import { buildReference, type ReferenceBuild } from './reference-build';
import { measureReference } from './reference-figures';
import { sampleMs, warmUp } from './sampling';

const ROUNDS_DEFAULT = 5;
const ACTIONS_DEFAULT = 20_000;

const USAGE = `npm run bench -- kernel [OPTION...]

Measures the in-process kernel in memory: runs of 100 to 20,000 actions with and without snapshots, appending, reading,
replaying, hashing; each beside the reference's figure. Then it says which bounds hold.

  --rounds N       how often everything is measured (default ${ROUNDS_DEFAULT}); figures are medians
  --actions N      leaves out runs of more actions, and shortens logs to match (default ${ACTIONS_DEFAULT})
  --reference DIR  the folder of the reference's bench program (default: ../shared/reference beside this clone, if it is there)
  --no-reference   does not run the reference: its published figures stand for it
  --json           prints one JSON document and nothing else
  --help           prints this

The reference is run when cargo is there to build it, in this project's cache folder.`;

/** The bench. */
export const kernelBench: Bench = {
  name: 'kernel',
  summary: 'the in-process kernel, beside the reference: steps, replay, hashing',
  run: async (args) => {
    const values = readOptions(args, USAGE, {
      rounds: { type: 'string' },
      actions: { type: 'string' },
      reference: { type: 'string' },
      'no-reference': { type: 'boolean' },
    });
    if (values.help === true) {
      console.log(USAGE);
      return OK;
    }
    const roundCount = countOf('--rounds', values.rounds, ROUNDS_DEFAULT);
    const actionsMax = countOf('--actions', values.actions, ACTIONS_DEFAULT);
    const before = environment();
    const reference = referenceFor(values);
    const rows = await kernelRows(actionsMax);
    const rounds = await measure(rows, roundCount, reference);
    const verdicts = judge(KERNEL_BOUNDS, rounds);
    const referenceMissing = 'missing' in reference ? reference.missing : null;
    const report = { environment: before, referenceMissing, rows, rounds, verdicts };
    console.log(values.json === true ? kernelReportJson(report) : kernelReportText(report));
    return verdicts.some(({ holds }) => holds === false) ? BROKEN : OK;
  },
};

/** Which reference the kernel is held against. */
interface Options {
  readonly reference?: string;
  readonly 'no-reference'?: boolean;
}

function referenceFor(options: Options): ReferenceBuild {
  const { reference } = options;
  if (options['no-reference'] === true) {
    if (reference !== undefined) throw new BadCommand('--reference and --no-reference: one of them, not both');
    return { missing: '--no-reference' };
  }
  // Relative to where npm was called.
  const directory = reference === undefined ? null : resolve(process.env['INIT_CWD'] ?? '.', reference);
  return buildReference(directory, process.env);
}

async function measure(rows: readonly Row[], roundCount: number, build: ReferenceBuild): Promise<readonly Round[]> {
  for (const { work } of rows) await warmUp(work);
  const rounds: Round[] = [];
  while (rounds.length < roundCount) {
    // Told on the other stream: a minute without a word looks like one that hangs.
    if (process.stderr.isTTY) process.stderr.write(`round ${rounds.length + 1} of ${roundCount} ...\n`);
    const reference = 'program' in build ? comparable(rows, measureReference(build.program)) : publishedFigures(rows);
    const ours = new Map<RowId, number>();
    for (const { id, work } of rows) ours.set(id, await sampleMs(work));
    rounds.push({ ours, reference });
  }
  return rounds;
}

/** The figures of rows that do as much as the reference's do. */
function comparable(rows: readonly Row[], figures: ReadonlyMap<RowId, number>): ReadonlyMap<RowId, number> {
  const ids = new Set(rows.filter(isFullSize).map(({ id }) => id));
  return new Map([...figures].filter(([id]) => ids.has(id)));
}
