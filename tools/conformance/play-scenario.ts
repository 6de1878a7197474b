/** Plays a scenario on the in-process kernel, and reports what happened in the words of the reference. */
import { isKernelError } from '../../../src/kernel/error';
import { decodeEvent, sequencedEventText } from '../../../src/kernel/event-wire';
import { scanExecutionLogWithStateHashes, scanExecutionTrace, traceText } from '../../../src/kernel/execution-log';
import { hashOf } from '../../../src/kernel/hash';
import type { RunId } from '../../../src/kernel/identity';
import type { Json } from '../../../src/kernel/json';
import { Kernel, type Signal } from '../../../src/kernel/kernel';
import type { RunStatus } from '../../../src/kernel/run-status';
import { runTimeline, timelineText } from '../../../src/kernel/timeline';
import { MemoryStore } from '../../../src/stores/memory-store';
import type { Phase, PhaseReport, RunReport, ScenarioReport, Setup } from './scenario';
import { FaultyEvents, FaultySnapshots, Process, ScenarioExecutor } from './scenario-outside';
import { reducerOf, scenarioProgram } from './scenario-program';

/** A kernel, and the process it lives in. */
interface Living {
  readonly kernel: Kernel;
  readonly process: Process;
}

/** Plays a scenario from its beginning to its end. */
export async function playScenario(setup: Setup): Promise<ScenarioReport> {
  const store = new MemoryStore();
  const { run_id: runId, preload } = setup;
  if (preload?.events !== undefined) await store.append(runId, preload.events.map(decodeEvent));
  if (preload?.snapshot) await store.save({ runId, atSeq: preload.snapshot.at_seq, state: preload.snapshot.state });
  const statuses: PhaseReport[] = [];
  const otherRuns = new Set<RunId>();
  let living: Living | null = null;
  for (const [index, phase] of setup.phases.entries()) {
    const report = { phase: index + 1, op: phase.op };
    const phaseRunId = phase.run_id ?? runId;
    if (phaseRunId !== runId) otherRuns.add(phaseRunId);
    if (phase.op === 'append') {
      const head = await store.append(phaseRunId, (phase.events ?? []).map(decodeEvent));
      statuses.push({ ...report, result: { Ok: head } });
      continue;
    }
    if (living === null || phase.kernel !== 'same') living = bringToLife(setup, phase, store);
    const headBefore = await store.head(phaseRunId);
    const result = await outcomeOf(living, phase, phaseRunId, phase.initial_state ?? setup.initial_state);
    const headAfter = await store.head(phaseRunId);
    statuses.push({ ...report, run_id: phaseRunId, head_before: headBefore, head_after: headAfter, result });
  }
  const others = [...otherRuns].map(async (other) => [other, await reportOf(setup, store, other)] as const);
  return {
    run_statuses: statuses,
    ...(await reportOf(setup, store, runId)),
    other_runs: Object.fromEntries(await Promise.all(others)),
  };
}

function bringToLife(setup: Setup, phase: Phase, store: MemoryStore): Living {
  const process = new Process();
  const faults = phase.faults ?? {};
  const kernel = new Kernel({
    program: scenarioProgram(setup, phase.step, phase.policy),
    events: new FaultyEvents(store, faults, process),
    ...(setup.snapshots === true ? { snapshots: new FaultySnapshots(store, faults, process) } : {}),
    executor: new ScenarioExecutor(phase.actions ?? setup.actions ?? [], process),
    pause: () => Promise.resolve(),
  });
  return { kernel, process };
}

async function outcomeOf({ kernel, process }: Living, phase: Phase, runId: RunId, initial: Json): Promise<Json> {
  try {
    const run =
      phase.op === 'run'
        ? kernel.runUntilBlocked(runId, initial)
        : kernel.resume(runId, initial, signalOf(phase.signal));
    const crash = process.death.then((message) => ({ Crash: message }));
    return await Promise.race([run.then((status) => ({ Ok: statusWords(status) })), crash]);
  } catch (error) {
    if (!isKernelError(error)) throw error;
    return { Err: { variant: error.variant, display: error.message } };
  }
}

function signalOf(signal: Phase['signal']): Signal {
  if (signal === undefined) throw new Error('a resume needs a signal');
  return 'Resume' in signal
    ? { type: 'resume', value: signal.Resume }
    : { type: 'signal', name: signal.Signal.name, value: signal.Signal.value };
}

/** A status as the reference says it: interrupts have no ids there, and failures no text. */
function statusWords(status: RunStatus): Json {
  switch (status.status) {
    case 'completed':
      return 'Completed';
    case 'failed':
      return { Failed: { recoverable: status.recoverable } };
    case 'blocked': {
      const { interrupt, waitSignal } = status.blocked;
      return {
        Blocked: { interrupt: interrupt === null ? null : { value: interrupt.value }, wait_signal: waitSignal },
      };
    }
    default:
      return status.status;
  }
}

async function reportOf(setup: Setup, store: MemoryStore, runId: RunId): Promise<RunReport> {
  const reader = new Kernel({
    program: scenarioProgram(setup),
    events: store,
    ...(setup.snapshots === true ? { snapshots: store } : {}),
    executor: new ScenarioExecutor([], new Process()),
  });
  const { initial_state: initial, hash_from: hashFrom } = setup;
  const hashes = async (from: number, state: Json): Promise<readonly string[]> => {
    const log = await scanExecutionLogWithStateHashes(store, runId, from, state, reducerOf(setup));
    return log.map(({ stateHash }) => stateHash as string);
  };
  const events = await store.scan(runId, 1);
  return {
    event_log_text: events.map(sequencedEventText),
    execution_trace_text: (await scanExecutionTrace(store, runId, 1)).map(traceText),
    timeline_text: timelineText(runTimeline(runId, events)),
    initial_state_hash: hashOf(initial),
    state_hashes: await hashes(1, initial),
    replay: hashOf(await reader.replay(runId, initial)),
    replay_from_snapshot: await hashOrError(reader.replayFromSnapshot(runId, initial)),
    state_hashes_from: hashFrom === undefined ? null : await hashes(hashFrom.from, hashFrom.initial_state),
  };
}

async function hashOrError(state: Promise<Json>): Promise<string> {
  try {
    return hashOf(await state);
  } catch (error) {
    if (isKernelError(error)) return error.code;
    throw error;
  }
}
