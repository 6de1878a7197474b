import { judge, KERNEL_BOUNDS, type Round } from '../../tools/bench/kernel-bounds';
import type { RowId } from '../../tools/bench/kernel-rows';
import { PUBLISHED_MS } from '../../tools/bench/published-figures';

type Figures = Partial<Record<RowId, number>>;

/** Figures with which every bound just holds. */
const OURS: Figures = {
  'run 1000': 4,
  'run 20000': 100,
  'run 10000': 100,
  'run 10000 snapshots': 100,
  'run 10000 snapshots 1 KB': 100,
  replay: 10,
  'replay 1 KB': 10,
  'replay updates 1 KB': 20,
};
const THEIRS: Figures = {
  'run 10000': 100,
  'run 10000 snapshots': 100,
  'run 10000 snapshots 1 KB': 100,
  replay: 5,
  'replay 1 KB': 5,
  'replay updates 1 KB': 10,
};

function round(ours: Figures, reference: Figures = THEIRS): Round {
  const mapOf = (figures: Figures): ReadonlyMap<RowId, number> => new Map(Object.entries(figures) as [RowId, number][]);
  return { ours: mapOf({ ...OURS, ...ours }), reference: mapOf(reference) };
}

function broken(...rounds: readonly Round[]): readonly string[] {
  return judge(KERNEL_BOUNDS, rounds)
    .filter(({ holds }) => holds === false)
    .map(({ bound }) => bound.row);
}

test('given figures at the bounds, then all hold', () => {
  expect(broken(round({}))).toEqual([]);
});

test.each<readonly [RowId, number]>([
  ['run 20000', 101],
  ['run 10000', 101],
  ['run 10000 snapshots', 101],
  ['run 10000 snapshots 1 KB', 101],
  ['replay', 10.1],
  ['replay 1 KB', 10.1],
  ['replay updates 1 KB', 20.1],
])('given %s a little beyond its bound, then that bound is broken and no other', (row, ms) => {
  expect(broken(round({ [row]: ms }))).toEqual([row]);
});

test('given one round that was disturbed, then the others decide', () => {
  expect(broken(round({}), round({ replay: 1_000 }), round({}))).toEqual([]);
  expect(broken(round({ replay: 11 }), round({ replay: 1 }), round({ replay: 11 }))).toEqual(['replay']);
});

test('given rounds in which the machine was slow for both, then the verdict is the same', () => {
  const slow = round({ replay: 40 }, { ...THEIRS, replay: 20 });
  expect(judge(KERNEL_BOUNDS, [round({}), slow]).find(({ bound }) => bound.row === 'replay')?.ratio).toBe(2);
});

test('given a figure that was not measured, then nothing is said of its bound', () => {
  const verdicts = judge(KERNEL_BOUNDS, [round({}, {})]);
  expect(verdicts.map(({ holds }) => holds)).toEqual([true, null, null, null, null, null, null]);
});

test('given the published figures, then every row has one', () => {
  expect(Object.values(PUBLISHED_MS).every((ms) => ms > 0)).toBe(true);
  expect(PUBLISHED_MS['run 10000']).toBe(118.1);
});
