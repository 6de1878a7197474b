/** The report on mutations: for each kind how many were made, how many the mirror found, and how many Temporal's own replay found. */
import type { Finding } from './finding';
import { KINDS, type Kind, type Mutation } from './mutation';
import type { ReplayOutcome } from './temporal-replay';

interface Row {
  made: number;
  /** Found by verification of a stored log. */
  verified: number;
  /** Of these, named where it was. */
  named: number;
  /** Found with no log but the history's own. */
  folded: number;
  replays: Record<ReplayOutcome['type'], number>;
}

const emptyRow = (): Row => ({
  made: 0,
  verified: 0,
  named: 0,
  folded: 0,
  replays: { found: 0, passed: 0, hung: 0, crashed: 0 },
});

const HEADERS = ['mutation', 'made', 'found', 'named', 'history alone', 'replayed', 'found by replay', 'hung', 'panic'];

export class MutationReport {
  readonly #rows = new Map<Kind, Row>(KINDS.map((kind) => [kind, emptyRow()]));

  mirrored({ kind }: Mutation, verified: Finding | null, folded: Finding | null): void {
    const row = this.#rowOf(kind);
    row.made += 1;
    if (verified !== null) row.verified += 1;
    if (verified?.isNear === true) row.named += 1;
    if (folded !== null) row.folded += 1;
  }

  replayed({ kind }: Mutation, { type }: ReplayOutcome): void {
    this.#rowOf(kind).replays[type] += 1;
  }

  get total(): Row {
    const total = emptyRow();
    for (const { made, verified, named, folded, replays } of this.#rows.values()) {
      total.made += made;
      total.verified += verified;
      total.named += named;
      total.folded += folded;
      for (const type of ['found', 'passed', 'hung', 'crashed'] as const) total.replays[type] += replays[type];
    }
    return total;
  }

  /** The table, as text. */
  toString(): string {
    const rows = [...this.#rows, ['all', this.total] as const];
    const cells = [HEADERS, ...rows.map(([name, row]) => [name, ...numbersIn(row).map(String)])];
    const widths = HEADERS.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
    const lines = cells.map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    );
    return [
      ...lines,
      '',
      'found: the stored log is verified against the mutated history; named: at the event, or at the next that depends on it;',
      'history alone: the mutated history is mirrored into an empty store; replay: Temporal’s Worker.runReplayHistories.',
    ].join('\n');
  }

  #rowOf(kind: Kind): Row {
    return this.#rows.get(kind) as Row;
  }
}

function numbersIn({ made, verified, named, folded, replays }: Row): number[] {
  const { found, passed, hung, crashed } = replays;
  return [made, verified, named, folded, found + passed + hung + crashed, found, hung, crashed];
}
