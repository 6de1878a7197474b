/** Plays a scenario on the in-process kernel, and reports what happened in the words of the reference. */
import { decodeEvent } from '../../src/kernel/event-wire';
import type { RunId } from '../../src/kernel/identity';
import type { Json } from '../../src/kernel/json';
import { Kernel, type Signal } from '../../src/kernel/kernel';
import type { RunStatus } from '../../src/kernel/run-status';
import { MemoryStore } from '../../src/stores/memory-store';
import { errorWords, readRun } from './read-run';
import { runIdOf, type Deed, type Phase, type PhaseReport, type ScenarioReport, type Setup } from './scenario';
import { Diary, FaultyEvents, FaultySnapshots, Process, ScenarioEffects, ScenarioExecutor } from './scenario-outside';
import { scenarioProgram } from './scenario-program';

/** A kernel, and the process it lives in. */
interface Living {
  readonly kernel: Kernel;
  readonly process: Process;
}

/** What all kernels of a scenario share. */
interface Shared {
  readonly store: MemoryStore;
  readonly snapshots: Deed[];
  readonly effects: Deed[];
  readonly executorCalls: Deed[];
}

/** Plays a scenario from its beginning to its end. */
export async function playScenario(setup: Setup): Promise<ScenarioReport> {
  const shared: Shared = { store: new MemoryStore(), snapshots: [], effects: [], executorCalls: [] };
  const { store } = shared;
  const { run_id: runId, preload } = setup;
  if (preload?.events !== undefined) await store.append(runId, preload.events.map(decodeEvent));
  if (preload?.snapshot) await store.save({ runId, atSeq: preload.snapshot.at_seq, state: preload.snapshot.state });
  const statuses: PhaseReport[] = [];
  let living: Living | null = null;
  for (const [index, phase] of setup.phases.entries()) {
    const report = { phase: index + 1, op: phase.op };
    const phaseRunId = runIdOf(setup, phase);
    if (phase.op === 'append') {
      const head = await store.append(phaseRunId, (phase.events ?? []).map(decodeEvent));
      statuses.push({ ...report, result: { Ok: head } });
      continue;
    }
    if (living === null || phase.kernel !== 'same') living = bringToLife(setup, phase, index + 1, shared);
    const headBefore = await store.head(phaseRunId);
    const result = await outcomeOf(living, phase, phaseRunId, phase.initial_state ?? setup.initial_state);
    const headAfter = await store.head(phaseRunId);
    statuses.push({ ...report, run_id: phaseRunId, head_before: headBefore, head_after: headAfter, result });
  }
  const otherRuns = new Set(setup.phases.map((phase) => runIdOf(setup, phase)).filter((other) => other !== runId));
  const others = [...otherRuns].map(async (other) => [other, await readRun(setup, store, other)] as const);
  return {
    run_statuses: statuses,
    ...(await readRun(setup, store, runId)),
    snapshots: shared.snapshots,
    effects: shared.effects,
    executor_calls: shared.executorCalls,
    other_runs: Object.fromEntries(await Promise.all(others)),
  };
}

function bringToLife(setup: Setup, phase: Phase, number: number, shared: Shared): Living {
  const { store, snapshots, effects, executorCalls } = shared;
  const process = new Process();
  const faults = phase.faults ?? {};
  const kernel = new Kernel({
    program: scenarioProgram(setup, phase.step, phase.policy),
    mode: setup.mode ?? 'Normal',
    events: new FaultyEvents(store, faults, process),
    ...(setup.snapshots === true
      ? { snapshots: new FaultySnapshots(store, faults, process, new Diary(number, snapshots)) }
      : {}),
    ...(setup.effect_sink === true ? { effects: new ScenarioEffects(new Diary(number, effects)) } : {}),
    executor: new ScenarioExecutor(phase.actions ?? setup.actions ?? [], process, new Diary(number, executorCalls)),
    pause: () => Promise.resolve(),
  });
  return { kernel, process };
}

async function outcomeOf({ kernel, process }: Living, phase: Phase, runId: RunId, initial: Json): Promise<Json> {
  const death = process.live();
  try {
    const run =
      phase.op === 'run'
        ? kernel.runUntilBlocked(runId, initial)
        : kernel.resume(runId, initial, signalOf(phase.signal));
    const crash = death.then((message) => ({ Crash: message }));
    return await Promise.race([run.then((status) => ({ Ok: statusWords(status) })), crash]);
  } catch (error) {
    return errorWords(error);
  }
}

function signalOf(signal: Phase['signal']): Signal {
  if (signal === undefined) throw new Error('a resume needs a signal');
  return 'Resume' in signal
    ? { type: 'resume', value: signal.Resume }
    : { type: 'signal', name: signal.Signal.name, value: signal.Signal.value };
}

/** A status as the reference says it: interrupts have no ids there, and failures no text. */
export function statusWords(status: RunStatus): Json {
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
