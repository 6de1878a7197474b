import { eventStreamHash, eventStreamHashOf, verifyEventStreamHash } from '../../src/kernel/event-stream-hash';
import { sha256Hex } from '../../src/kernel/hash';
import { MemoryStore } from '../../src/stores/memory-store';
import { golden, goldenLog, GOLDEN_RUN } from './golden-extras';
import { kernelError } from './kernel-error-matcher';
import { event, RUN } from './machine-specification';

const LOG = [event.updated(1, 'a'), event.tool(2, 'echo', { b: 1, a: 2 }), event.succeeded(2, 1), event.completed];

describe("the specification's own tests", () => {
  test('event_stream_hash_deterministic', async () => {
    const store = new MemoryStore();
    await store.append(RUN, LOG);
    expect(await eventStreamHash(store, RUN)).toBe(await eventStreamHash(store, RUN));
  });

  test('verify_event_stream_hash_mismatch_fails', async () => {
    const store = new MemoryStore();
    await store.append(RUN, [event.completed]);
    await expect(verifyEventStreamHash(store, RUN, '00'.repeat(32))).rejects.toThrow(kernelError('ReplayMismatch'));
  });
});

test('given the golden log, then its hash is the one that the reference printed, and is verified in either case', async () => {
  const store = new MemoryStore();
  await store.append(GOLDEN_RUN, goldenLog);
  await verifyEventStreamHash(store, GOLDEN_RUN, golden.event_stream_hash);
  await verifyEventStreamHash(store, GOLDEN_RUN, golden.event_stream_hash.toUpperCase());
});

test.each(['', 'zz', '00'])('given %j, which is no hash, then nothing has it', async (expected) => {
  await expect(verifyEventStreamHash(new MemoryStore(), RUN, expected)).rejects.toThrow(kernelError('ReplayMismatch'));
});

test('given events, then their hash is that of their texts, one after the other', () => {
  const sequenced = [event.updated(1, 'a'), event.completed].map((one, index) => ({ seq: index + 1, event: one }));
  expect(eventStreamHashOf(sequenced)).toBe(
    sha256Hex('{"seq":1,"event":{"StateUpdated":{"step_id":"a","payload":1}}}{"seq":2,"event":"Completed"}'),
  );
});

test('given a run without events, then its hash is that of no text', async () => {
  expect(await eventStreamHash(new MemoryStore(), RUN)).toBe(sha256Hex(''));
});

test('given a log that says one thing otherwise, then its hash is another', async () => {
  const [one, other] = [new MemoryStore(), new MemoryStore()];
  await one.append(RUN, LOG);
  await other.append(RUN, [...LOG.slice(0, 2), event.succeeded(2, 2), event.completed]);
  expect(await eventStreamHash(one, RUN)).not.toBe(await eventStreamHash(other, RUN));
});
