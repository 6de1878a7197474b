/** The conformance command's own central check: a log that a workflow reports otherwise than its mirror wrote it is found. */
import type { KernelClient } from '../../src/client';
import type { StoredLog } from '../../src/kernel';
import type { PlayedRun } from '../../tools/conformance/temporal/play-on-temporal';
import { reportedDifferences } from '../../tools/conformance/temporal/three-logs';

const ENTRIES = [
  { eventIndex: 1, event: { type: 'Interrupted', value: 1 }, stateHash: 'aa' },
  { eventIndex: 2, event: { type: 'Completed' }, stateHash: 'bb' },
] as unknown as readonly StoredLog[];

function reporting(entries: readonly StoredLog[]): KernelClient {
  return { log: () => Promise.resolve(entries) } as unknown as KernelClient;
}

function mirrored(problems: readonly string[] = []): ReadonlyMap<string, PlayedRun> {
  const store = { loadRun: () => Promise.resolve({}), scanLog: () => Promise.resolve(ENTRIES) };
  const mirror = { store, problems: () => Promise.resolve(problems) };
  return new Map([['r', { mirror, broken: false } as unknown as PlayedRun]]);
}

test('given the same log, then nothing differs', async () => {
  expect(await reportedDifferences(reporting(ENTRIES), mirrored())).toEqual([]);
});

test.each([
  ['another event', [ENTRIES[0]!, { ...ENTRIES[1]!, event: { type: 'Resumed', value: 1 } as const }]],
  ['another state hash', [ENTRIES[0]!, { ...ENTRIES[1]!, stateHash: 'cc' }]],
  ['an entry less', ENTRIES.slice(0, 1)],
])('given %s, then it says where', async (_, entries) => {
  expect(await reportedDifferences(reporting(entries), mirrored())).toMatchObject([
    { place: "the workflow's log of r: event_log_text[1]" },
  ]);
});

test('given a verification that finds something, then it says what', async () => {
  expect(await reportedDifferences(reporting(ENTRIES), mirrored(['the snapshot at 1 is wrong']))).toMatchObject([
    { place: 'verification of r: event_log_text[0]', ours: 'the snapshot at 1 is wrong' },
  ]);
});
