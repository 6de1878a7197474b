import type { Event, SequencedEvent } from '../../src/kernel/event';
import { eventStreamHash } from '../../src/kernel/event-stream-hash';
import { hashOf, sha256Hex } from '../../src/kernel/hash';
import {
  specificationToolChecksumOf,
  toolChecksum,
  toolChecksumOf,
  verifyReplay,
  type VerificationResult,
  type VerifyConfig,
} from '../../src/kernel/replay-verifier';
import { MemoryStore } from '../../src/stores/memory-store';
import { golden, goldenLog } from './golden-extras';
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

describe("the specification's own tests", () => {
  test('verify_returns_ok_when_run_not_found', async () => {
    // Its name notwithstanding, it expects the failure.
    expect(await verify([])).toEqual({ ok: false, failure: { type: 'RunNotFound' } });
  });

  test('verify_state_hash_mismatch', async () => {
    const verdict = await verify([event.completed], { expectedStateHash: WRONG });
    expect(verdict).toMatchObject({ failure: { type: 'StateHashMismatch' } });
  });

  test('verify_tool_checksum_mismatch', async () => {
    const verdict = await verify([event.requested(1, { tool: 'foo' })], { expectedToolChecksum: 'ff'.repeat(32) });
    expect(verdict).toMatchObject({ failure: { type: 'ToolChecksumMismatch' } });
  });

  test('verify_interrupt_consistency_unmatched_interrupt', async () => {
    const verdict = await verify([event.interrupted({ reason: 'ask' }), event.completed], {
      interruptConsistency: true,
    });
    expect(verdict).toMatchObject({ failure: { type: 'UnmatchedInterrupt', seq: 1 } });
  });

  test('verify_interrupt_consistency_ok', async () => {
    const events = [event.interrupted({ reason: 'ask' }), event.resumed('user input'), event.completed];
    expect(await verify(events, { interruptConsistency: true })).toEqual(OK);
  });

  test('tool_checksum_returns_same_for_same_calls', async () => {
    const events = [event.requested(1, { tool: 'foo', input: 1 }), event.requested(2, { tool: 'bar', input: 2 })];
    expect(await toolChecksum(await storeOf(...events), RUN)).toBe(await toolChecksum(await storeOf(...events), RUN));
  });
});

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
  const pairs = [
    ['run-1', { CallTool: { tool: 'echo', input: 1 } }],
    ['run-3', { CallTool: { tool: 'echo', input: 2 } }],
  ];
  expect(await toolChecksum(await storeOf(...CALLS), RUN)).toBe(hashOf(pairs));
  expect(await toolChecksum(await storeOf(event.updated(1)), RUN)).toBe(hashOf([]));
});

describe('two logs whose ids and payloads read the same when they are put together', () => {
  const logOf = (actionId: string, payload: number): readonly SequencedEvent[] => [
    { seq: 1, event: { type: 'ActionRequested', actionId, payload } },
  ];
  const [one, other] = [logOf('a1', 2), logOf('a', 12)];

  test('given the checksum, then they are told apart', async () => {
    expect(toolChecksumOf(one)).not.toBe(toolChecksumOf(other));
    const verdict = await verify(
      other.map((sequenced) => sequenced.event),
      { expectedToolChecksum: toolChecksumOf(one) },
    );
    expect(verdict).toMatchObject({ ok: false, failure: { type: 'ToolChecksumMismatch' } });
  });

  test("given the specification's own checksum, then they are not", () => {
    expect(specificationToolChecksumOf(one)).toBe(specificationToolChecksumOf(other));
  });
});

test("given the golden log, then the specification's own checksum is the reference's", () => {
  const sequenced = goldenLog.map((one, index) => ({ seq: index + 1, event: one }));
  expect(specificationToolChecksumOf(sequenced)).toBe(golden.tool_checksum);
  expect(golden.tool_checksum).toBe(sha256Hex(golden.tool_checksum_input));
});

test('given expected hashes in upper case, then they are the same hashes', async () => {
  const store = await storeOf(...CALLS);
  const expectedStateHash = (await eventStreamHash(store, RUN)).toUpperCase();
  const expectedToolChecksum = (await toolChecksum(store, RUN)).toUpperCase();
  expect(await verifyReplay(store, RUN, { expectedStateHash, expectedToolChecksum })).toEqual(OK);
});

test('given a store that fails, then the verifier throws and does not speak of a mismatch', async () => {
  const store = await storeOf(event.completed);
  store.scan = () => Promise.reject(new Error('disk'));
  await expect(verifyReplay(store, RUN, { expectedStateHash: WRONG })).rejects.toThrow('disk');
});
