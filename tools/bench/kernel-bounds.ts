/**
 * What this project promises of the kernel's speed, and whether it holds.
 *
 * A verdict is the median of the rounds' ratios: what both sides of a ratio took was measured one after the other, so a machine that
 * is slow for a while is slow for both.
 */
import type { RowId } from './kernel-rows';
import { median } from './sampling';

/** What was measured in one round, in milliseconds. */
export interface Round {
  readonly ours: ReadonlyMap<RowId, number>;
  /** What stands against it: the reference in the same round, or its published figures. */
  readonly reference: ReadonlyMap<RowId, number>;
}

/** A promise: one figure is at most so many times another. */
export interface Bound {
  readonly text: string;
  readonly row: RowId;
  /** What it is held against. */
  readonly against: { readonly side: 'ours' | 'reference'; readonly row: RowId };
  readonly ratioMax: number;
}

/** Whether a bound holds; null where one of its figures was not measured. */
export interface Verdict {
  readonly bound: Bound;
  readonly ratio: number | null;
  readonly holds: boolean | null;
}

/** The promises. */
export const KERNEL_BOUNDS: readonly Bound[] = [
  {
    text: '20,000 actions take at most 25 times what 1,000 take',
    row: 'run 20000',
    against: { side: 'ours', row: 'run 1000' },
    ratioMax: 25,
  },
  fasterThanReference('10,000 actions', 'run 10000'),
  fasterThanReference('10,000 actions with snapshots', 'run 10000 snapshots'),
  fasterThanReference('10,000 actions with snapshots of 1 KB', 'run 10000 snapshots 1 KB'),
  replayBound('replay of 10,000 events', 'replay'),
  replayBound('replay of 10,000 events, 1 KB state', 'replay 1 KB'),
  replayBound('replay of 10,000 updates of 1 KB', 'replay updates 1 KB'),
];

function fasterThanReference(what: string, row: RowId): Bound {
  return { text: `${what} take less than the reference's`, row, against: { side: 'reference', row }, ratioMax: 1 };
}

function replayBound(what: string, row: RowId): Bound {
  return {
    text: `${what} takes at most twice the reference's time`,
    row,
    against: { side: 'reference', row },
    ratioMax: 2,
  };
}

/** Judges the bounds. */
export function judge(bounds: readonly Bound[], rounds: readonly Round[]): readonly Verdict[] {
  return bounds.map((bound) => {
    const ratios = rounds.flatMap(({ ours, reference }) => {
      const own = ours.get(bound.row);
      const other = (bound.against.side === 'ours' ? ours : reference).get(bound.against.row);
      return own === undefined || other === undefined ? [] : [own / other];
    });
    if (ratios.length === 0) return { bound, ratio: null, holds: null };
    const ratio = median(ratios);
    return { bound, ratio, holds: ratio <= bound.ratioMax };
  });
}
