import type { Event } from '../../src/kernel/event';
import {
  chainEntry,
  genesisHash,
  logEntryOf,
  scanExecutionLog,
  scanExecutionLogWithStateHashes,
  scanExecutionTrace,
  traceEventOf,
  verifyChain,
  type ChainedLog,
} from '../../src/kernel/execution-log';
import { hashOf } from '../../src/kernel/hash';
import { stateUpdatedOnlyReducer } from '../../src/kernel/reducer';
import { MemoryStore } from '../../src/stores/memory-store';
import { event } from './machine-specification';

describe("the specification's own tests", () => {
  test('scan_execution_log_returns_canonical_entries', async () => {
    const store = new MemoryStore();
    await store.append('run-scan', [event.updated([1], 'n1'), event.completed]);
    expect(await scanExecutionLog(store, 'run-scan', 1)).toEqual([
      { threadId: 'run-scan', stepId: 'n1', eventIndex: 1, event: event.updated([1], 'n1'), stateHash: null },
      { threadId: 'run-scan', stepId: null, eventIndex: 2, event: event.completed, stateHash: null },
    ]);
  });

  test('from_sequenced_state_updated_has_step_id', () => {
    const log = logEntryOf('run-1', { seq: 1, event: event.updated([1], 'node-a') });
    expect(log).toMatchObject({ threadId: 'run-1', stepId: 'node-a', eventIndex: 1, stateHash: null });
  });

  test('from_sequenced_completed_has_no_step_id', () => {
    const log = logEntryOf('run-2', { seq: 2, event: event.completed });
    expect(log).toMatchObject({ stepId: null, eventIndex: 2 });
  });

  test('execution_log_converts_to_kernel_trace_event', () => {
    const requested: Event = { type: 'ActionRequested', actionId: 'a1', payload: { tool: 'demo' } };
    const trace = traceEventOf({
      threadId: 'run-trace',
      stepId: 'node-a',
      eventIndex: 3,
      event: requested,
      stateHash: null,
    });
    expect(trace).toEqual({ runId: 'run-trace', seq: 3, stepId: 'node-a', actionId: 'a1', kind: 'ActionRequested' });
  });

  test('scan_execution_log_with_state_hashes_populates_hashes', async () => {
    const store = new MemoryStore();
    await store.append('run-hash', [event.updated([1], 'n1'), event.completed]);
    const log = await scanExecutionLogWithStateHashes(store, 'run-hash', 1, [0], stateUpdatedOnlyReducer);
    expect(log).toHaveLength(2);
    expect(log[0]?.stateHash).toBe(hashOf([1]));
    // Completed preserves the last projected state hash.
    expect(log[1]?.stateHash).toBe(log[0]?.stateHash);
  });
});

test('given a checkpoint, when hashes are taken from there on, then they are the tail of the hashes from the start', async () => {
  const store = new MemoryStore();
  await store.append('r', [event.updated(1), event.updated(2), event.updated(3), event.completed]);
  const whole = await scanExecutionLogWithStateHashes(store, 'r', 1, 0, stateUpdatedOnlyReducer);
  expect(await scanExecutionLogWithStateHashes(store, 'r', 3, 2, stateUpdatedOnlyReducer)).toEqual(whole.slice(2));
});

test('given a log, then its trace says of each event what auditors need', async () => {
  const store = new MemoryStore();
  await store.append('r', [event.updated(1, 's'), event.tool(2, 'echo', 1), event.failed(2, 'x')]);
  expect(await scanExecutionTrace(store, 'r', 2)).toEqual([
    { runId: 'r', seq: 2, stepId: null, actionId: 'run-2', kind: 'ActionRequested' },
    { runId: 'r', seq: 3, stepId: null, actionId: 'run-2', kind: 'ActionFailed' },
  ]);
});

describe('the chain', () => {
  const EVENTS = [event.updated({ n: 1 }, 'one'), event.tool(2, 'echo', 1), event.succeeded(2, 'x'), event.completed];
  const genesis = genesisHash('r', 'counter', { n: 0 });
  const chain = chained(genesis, EVENTS);

  test('given a whole chain, then it is whole, and says where it ends', () => {
    expect(verifyChain(genesis, chain)).toEqual({ ok: true, head: 4, hash: chain[3]?.hash });
    expect(verifyChain(genesis, [])).toEqual({ ok: true, head: 0, hash: genesis });
  });

  test('given the tail of a chain and the hash before it, then it is whole', () => {
    expect(verifyChain(chain[1]?.hash as string, chain.slice(2), 3)).toMatchObject({ ok: true, head: 4 });
  });

  const [first, second, third, fourth] = chain as [ChainedLog, ChainedLog, ChainedLog, ChainedLog];
  const other = hashOf('something else');

  test.each<readonly [string, number, readonly ChainedLog[]]>([
    ['another payload', 1, [{ ...first, event: event.updated({ n: 2 }, 'one') }, second, third, fourth]],
    ['another step id in the event', 1, [{ ...first, event: event.updated({ n: 1 }, 'two') }, second, third, fourth]],
    ['another step id beside the event', 1, [{ ...first, stepId: 'two' }, second, third, fourth]],
    ['another kind of event', 4, [first, second, third, { ...fourth, event: event.resumed(1) }]],
    ['another action id', 2, [first, { ...second, event: event.tool(3, 'echo', 1) }, third, fourth]],
    ['another output', 3, [first, second, { ...third, event: event.succeeded(2, 'y') }, fourth]],
    ['another state hash', 2, [first, { ...second, stateHash: other }, third, fourth]],
    ['another hash', 2, [first, { ...second, hash: other }, third, fourth]],
    ['another hash at the end', 4, [first, second, third, { ...fourth, hash: other }]],
    ['an entry of another run', 3, [first, second, { ...third, threadId: 'q' }, fourth]],
    ['another seq', 2, [first, { ...second, eventIndex: 7 }, third, fourth]],
    ['an entry that is missing', 2, [first, third, fourth]],
    ['the first entry missing', 1, [second, third, fourth]],
    ['an entry twice', 3, [first, second, second, third, fourth]],
    ['entries that changed places', 2, [first, third, second, fourth]],
    ['entries that changed places and were renumbered', 2, renumbered([first, third, second, fourth])],
    ['an entry missing and the rest renumbered', 2, renumbered([first, third, fourth])],
    ['an entry put in', 2, renumbered([first, first, second, third, fourth])],
    ['a tail of another run', 3, [first, second, ...chained(genesisHash('q', 'counter', 0), EVENTS).slice(2)]],
  ])('given %s, then the first bad seq is %i', (_, seq, entries) => {
    expect(verifyChain(genesis, entries)).toMatchObject({
      ok: false,
      seq,
      reason: expect.stringContaining(`${seq}`) as string,
    });
  });

  test('given another run, program or initial state, then the first entry is the first bad one', () => {
    for (const wrong of [
      genesisHash('q', 'counter', { n: 0 }),
      genesisHash('r', 'adder', { n: 0 }),
      genesisHash('r', 'counter', { n: 1 }),
    ]) {
      expect(verifyChain(wrong, chain)).toMatchObject({ ok: false, seq: 1 });
    }
  });

  test('given a chain that was made anew from a change on, then its last hash is another one', () => {
    const forged = chained(genesis, [EVENTS[0] as Event, event.tool(2, 'echo', 2), ...EVENTS.slice(2)]);
    expect(verifyChain(genesis, forged)).toMatchObject({ ok: true });
    expect(forged[3]?.hash).not.toBe(chain[3]?.hash);
  });
});

function chained(genesis: string, events: readonly Event[]): ChainedLog[] {
  let hash = genesis;
  return events.map((one, index) => {
    const entry = chainEntry('r', hash, { seq: index + 1, event: one }, hashOf({ n: index + 1 }));
    hash = entry.hash;
    return entry;
  });
}

function renumbered(entries: readonly ChainedLog[]): ChainedLog[] {
  return entries.map((entry, index) => ({ ...entry, eventIndex: index + 1 }));
}
