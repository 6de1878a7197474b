/** How the kernel's bench says what it measured: as a table, or as JSON. */
import { aligned } from './aligned-table';
import { currentLoad, environmentText, type Environment } from './environment';
import type { Round, Verdict } from './kernel-bounds';
import type { Row, RowId } from './kernel-rows';
import { PUBLISHED_MS } from './published-figures';
import { median } from './sampling';

/** All that a run of the bench found out. */
export interface KernelReport {
  readonly environment: Environment;
  /** Why the reference was not run; null when it was. */
  readonly referenceMissing: string | null;
  readonly rows: readonly Row[];
  readonly rounds: readonly Round[];
  readonly verdicts: readonly Verdict[];
}

/** A row's figures, in milliseconds: medians over the rounds. Null where there are none. */
interface Figures {
  readonly row: Row;
  readonly ours: number;
  readonly reference: number | null;
  readonly published: number | null;
}

function figuresOf({ rows, rounds, referenceMissing }: KernelReport): readonly Figures[] {
  return rows.map((row) => {
    const medianOf = (side: keyof Round): number | null => {
      const values = rounds.flatMap((round) => round[side].get(row.id) ?? []);
      return values.length === 0 ? null : median(values);
    };
    return {
      row,
      ours: medianOf('ours') ?? Number.NaN,
      reference: referenceMissing === null ? medianOf('reference') : null,
      published: isFullSize(row) ? PUBLISHED_MS[row.id] : null,
    };
  });
}

/** Whether a row does as much as the one that was published: with fewer actions, logs are shorter. */
export function isFullSize({ unit, amount }: Row): boolean {
  return unit === 'actions' || amount === 10_000;
}

/** The report as a table, and a line for each bound. */
export function kernelReportText(report: KernelReport): string {
  const { environment, referenceMissing, rounds, verdicts } = report;
  const source = referenceMissing === null ? 'measured in the same rounds' : `not measured: ${referenceMissing}`;
  const header = ['', 'ours ms', 'ours /s', 'reference ms', 'ratio', 'published ms'];
  const table = figuresOf(report).map(({ row, ours, reference, published }) => [
    row.unit === 'actions' ? row.title : `${row.title}, ${row.amount.toLocaleString('en')} events`,
    msText(ours),
    Math.round((row.amount / ours) * 1000).toLocaleString('en'),
    reference === null ? '-' : msText(reference),
    reference === null ? '-' : ratioText(ours / reference),
    published === null ? '-' : msText(published),
  ]);
  return [
    environmentText(environment),
    `reference: oris-kernel 0.2.13, ${source}`,
    `medians of ${rounds.length} ${rounds.length === 1 ? 'round' : 'rounds'}; published figures are another machine's; a bound's ratio is the median of the rounds' ratios`,
    '',
    ...aligned([header, ...table]),
    '',
    ...verdicts.map((verdict) => verdictText(verdict, referenceMissing !== null)),
    ...(currentLoad() > environment.cores
      ? [`The machine is busy (load ${currentLoad()}): measure again when it is not.`]
      : []),
  ].join('\n');
}

function verdictText({ bound, ratio, holds }: Verdict, published: boolean): string {
  if (ratio === null) return `not measured  ${bound.text}`;
  const source = published && bound.against.side === 'reference' ? ', against the published figure' : '';
  return `${holds === true ? 'held  ' : 'BROKEN'}  ${bound.text}: ${ratioText(ratio)} of ${bound.ratioMax}${source}`;
}

/** The report as a JSON document. */
export function kernelReportJson(report: KernelReport): string {
  const { environment, referenceMissing, rounds, verdicts } = report;
  return JSON.stringify(
    {
      bench: 'kernel',
      environment: { ...environment, loadAtEnd: currentLoad() },
      reference: { name: 'oris-kernel 0.2.13', measured: referenceMissing === null, missing: referenceMissing },
      rounds: rounds.length,
      rows: figuresOf(report).map(({ row: { id, title, amount, unit }, ours, reference, published }) => {
        return { id, title, amount, unit, oursMs: ours, referenceMs: reference, publishedMs: published };
      }),
      bounds: verdicts.map(({ bound: { text, ratioMax }, ratio, holds }) => ({ text, ratioMax, ratio, holds })),
    },
    null,
    2,
  );
}

/** The published figures of the rows that are as large as those. */
export function publishedFigures(rows: readonly Row[]): ReadonlyMap<RowId, number> {
  return new Map(rows.filter(isFullSize).map(({ id }) => [id, PUBLISHED_MS[id]]));
}

function msText(ms: number): string {
  return ms.toFixed(ms < 1 ? 3 : ms < 10 ? 2 : 1);
}

function ratioText(ratio: number): string {
  return ratio.toFixed(2);
}
