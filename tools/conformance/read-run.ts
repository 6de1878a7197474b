/** Says of a run what the reference says of its own: all of it is read from the log and the latest snapshot. */
import { isKernelError } from '../../src/kernel/error';
import type { EventStore } from '../../src/kernel/event-store';
import { eventStreamHashOf } from '../../src/kernel/event-stream-hash';
import { sequencedEventText } from '../../src/kernel/event-wire';
import { scanExecutionLogWithStateHashes, scanExecutionTrace, traceText } from '../../src/kernel/execution-log';
import { hashOf, sha256Hex } from '../../src/kernel/hash';
import type { RunId } from '../../src/kernel/identity';
import type { Json } from '../../src/kernel/json';
import { Kernel } from '../../src/kernel/kernel';
import { specificationToolChecksumOf, verifyReplay, type VerificationFailure } from '../../src/kernel/replay-verifier';
import type { SnapshotStore } from '../../src/kernel/snapshot';
import { runTimeline, timelineText } from '../../src/kernel/timeline';
import type { RunReport, Setup } from './scenario';
import { reducerOf, scenarioProgram } from './scenario-program';

/** Reads a run of a scenario. */
export async function readRun(setup: Setup, store: EventStore & SnapshotStore, runId: RunId): Promise<RunReport> {
  const reader = new Kernel({
    program: scenarioProgram(setup),
    events: store,
    ...(setup.snapshots === true ? { snapshots: store } : {}),
    executor: { execute: () => Promise.reject(new Error('a reader executes nothing')) },
  });
  const { initial_state: initial, hash_from: hashFrom } = setup;
  const hashes = async (from: number, state: Json): Promise<Json> => {
    const log = await scanExecutionLogWithStateHashes(store, runId, from, state, reducerOf(setup));
    return log.map(({ stateHash }) => stateHash);
  };
  const events = await store.scan(runId, 1);
  const texts = events.map(sequencedEventText);
  const trace = (await scanExecutionTrace(store, runId, 1)).map(traceText);
  const snapshot = setup.snapshots === true ? await store.loadLatest(runId) : null;
  const verdict = await verifyReplay(store, runId, { interruptConsistency: true });
  return {
    event_log_text: texts,
    event_log_text_sha256: sha256Hex(texts.join('\n')),
    head: await store.head(runId),
    execution_trace_text: trace,
    execution_trace_text_sha256: sha256Hex(trace.join('\n')),
    timeline_text: timelineText(runTimeline(runId, events)),
    initial_state_hash: hashOf(initial),
    state_hashes: await orError(hashes(1, initial)),
    replay: await orError(reader.replay(runId, initial).then(hashOf)),
    replay_from_snapshot: await orError(reader.replayFromSnapshot(runId, initial).then(hashOf)),
    state_hashes_from: hashFrom === undefined ? null : await orError(hashes(hashFrom.from, hashFrom.initial_state)),
    snapshot_latest: snapshot === null ? null : { run_id: runId, at_seq: snapshot.atSeq, state: snapshot.state },
    event_stream_hash: eventStreamHashOf(events),
    tool_checksum: specificationToolChecksumOf(events),
    verify_interrupt_consistency: verdict.ok ? 'Ok' : { Err: failureWords(verdict.failure) },
  };
}

/** An error as the reference says it. Other errors are a fault of this tool. */
export function errorWords(error: unknown): Json {
  if (!isKernelError(error)) throw error;
  return { Err: { variant: error.variant, display: error.message } };
}

async function orError(value: Promise<Json>): Promise<Json> {
  try {
    return await value;
  } catch (error) {
    return errorWords(error);
  }
}

function failureWords({ type, ...details }: VerificationFailure): Json {
  return Object.keys(details).length === 0 ? type : { [type]: details };
}
