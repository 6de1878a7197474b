import type { Event } from '../../src/kernel/event';
import { eventStreamHash } from '../../src/kernel/event-stream-hash';
import { sha256Hex } from '../../src/kernel/hash';
import {
  toolChecksum,
  verifyReplay,
  type VerificationResult,
  type VerifyConfig,
} from '../../src/kernel/replay-verifier';
import { MemoryStore } from '../../src/stores/memory-store';
import { event, RUN } from './machine-specification';

async function storeOf(...events: readonly Event[]): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.append(RUN, events);
  return store;
}

async function verify(events: readonly Event[], config: VerifyConfig = {}): Promise<VerificationResult> {
  return await verifyReplay(await storeOf(...events), RUN, config);
}

const OK = { ok: true };
const WRONG = '00'.repeat(32);
const CALLS = [event.tool(1, 'echo', 1), event.succeeded(1, 1), event.tool(3, 'echo', 2)];

test('given no such run, then it is not found, whatever else is asked', async () => {
  expect(await verify([])).toEqual({ ok: false, failure: { type: 'RunNotFound' } });
  expect(await verify([], { expectedStateHash: WRONG })).toEqual({ ok: false, failure: { type: 'RunNotFound' } });
});

test('given a run and nothing to verify, then all is well', async () => {
  expect(await verify([event.interrupted(1)])).toEqual(OK);
});

test('given the right hashes, then all is well', async () => {
  const store = await storeOf(...CALLS);
  const expectedStateHash = await eventStreamHash(store, RUN);
  const expectedToolChecksum = await toolChecksum(store, RUN);
  expect(await verifyReplay(store, RUN, { expectedStateHash, expectedToolChecksum })).toEqual(OK);
});

test('given a wrong state hash, then the failure names both', async () => {
  const actual = await eventStreamHash(await storeOf(event.completed), RUN);
  expect(await verify([event.completed], { expectedStateHash: WRONG })).toEqual({
    ok: false,
    failure: { type: 'StateHashMismatch', expected: WRONG, actual },
  });
});

test('given a wrong tool checksum, then the failure names both', async () => {
  const actual = await toolChecksum(await storeOf(...CALLS), RUN);
  expect(await verify(CALLS, { expectedToolChecksum: WRONG })).toEqual({
    ok: false,
    failure: { type: 'ToolChecksumMismatch', expected: WRONG, actual },
  });
});

test.each<readonly [string, readonly Event[], VerificationResult]>([
  ['answered', [event.interrupted('ask'), event.resumed('yes'), event.completed], { ok: true }],
  [
    'not answered',
    [event.interrupted('ask'), event.completed],
    { ok: false, failure: { type: 'UnmatchedInterrupt', seq: 1, value: 'ask' } },
  ],
  [
    'asked twice and answered once',
    [event.interrupted('one'), event.interrupted('two'), event.resumed('yes')],
    { ok: false, failure: { type: 'UnmatchedInterrupt', seq: 1, value: 'one' } },
  ],
  ['answered but not asked', [event.resumed('yes')], { ok: false, failure: { type: 'UnmatchedResume', seq: 1 } }],
])('given an interrupt that is %s, then the verdict says so', async (_, events, verdict) => {
  expect(await verify(events, { interruptConsistency: true })).toEqual(verdict);
});

test('given requests, then their checksum covers ids and payloads, and nothing else of the log', async () => {
  const text = 'run-1{"CallTool":{"input":1,"tool":"echo"}}run-3{"CallTool":{"input":2,"tool":"echo"}}';
  expect(await toolChecksum(await storeOf(...CALLS), RUN)).toBe(sha256Hex(text));
  expect(await toolChecksum(await storeOf(event.updated(1)), RUN)).toBe(sha256Hex(''));
});

test('given a store that fails, then the verifier throws and does not speak of a mismatch', async () => {
  const store = await storeOf(event.completed);
  store.scan = () => Promise.reject(new Error('disk'));
  await expect(verifyReplay(store, RUN, { expectedStateHash: WRONG })).rejects.toThrow('disk');
});
