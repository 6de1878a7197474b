/** Rewrites what the reference says into what ours must say, where the two say the same thing differently. */
import { canonicalJson } from '../../src/kernel/canonical-json';
import { sequencedEventText } from '../../src/kernel/event-wire';
import { hashOf, type Hash } from '../../src/kernel/hash';
import type { RunId } from '../../src/kernel/identity';
import type { Json } from '../../src/kernel/json';
import { effectOf, encodeEffect } from '../../src/kernel/runtime-effect';
import { MemoryStore } from '../../src/stores/memory-store';
import { isSame } from './difference';
import { readRun } from './read-run';
import type { Deed, RunReport, ScenarioReport, Setup } from './scenario';
import type { Scenario } from './scenario-document';
import { eventsOf, headBefore, phasesOfKernel, runIdOfPhase, statusOfPhase } from './scenario-history';

type Report = Partial<ScenarioReport>;
type Run = Partial<RunReport>;

/** The parts of a run's report whose bytes depend on how JSON is printed. */
const PRINTED = [
  'event_log_text',
  'event_log_text_sha256',
  'initial_state_hash',
  'state_hashes',
  'state_hashes_from',
  'replay',
  'replay_from_snapshot',
  'event_stream_hash',
  'tool_checksum',
] as const satisfies readonly (keyof RunReport)[];

/** Prints the same values as RFC 8785 has them, where the reference printed some of them otherwise. */
export async function restateBytes(scenario: Scenario, reference: Report): Promise<Report> {
  const { setup, stateTexts } = scenario;
  const restateRun = async (run: Run, runId: RunId): Promise<Run> => {
    const events = eventsOf(setup, reference, runId);
    const isOtherwise =
      events.some((event, index) => sequencedEventText(event) !== run.event_log_text?.[index]) ||
      setup.state_type === 'struct' ||
      [...stateTexts.values()].some((text) => canonicalJson(JSON.parse(text)) !== text);
    if (!isOtherwise) return run;
    const store = new MemoryStore();
    await store.append(
      runId,
      events.map(({ event }) => event),
    );
    const again = await readRun(setup, store, runId);
    const printed = PRINTED.filter((part) => run[part] !== undefined).map((part) => {
      // Where the reference's own text of a state is there, its values are what counts.
      const values = rehashed(run[part] as Json, stateTexts);
      return [part, values ?? again[part]] as const;
    });
    return { ...run, ...Object.fromEntries(printed) };
  };
  const others = Object.entries(reference.other_runs ?? {}).map(async ([runId, run]) => {
    return [runId, await restateRun(run, runId)] as const;
  });
  const main = await restateRun(reference, setup.run_id);
  return { ...reference, ...main, other_runs: Object.fromEntries(await Promise.all(others)) };
}

/** The hashes of the same states, printed canonically; null where the reference's texts are not known. */
function rehashed(hashes: Json, stateTexts: ReadonlyMap<Hash, string>): Json | null {
  if (typeof hashes === 'string') {
    const text = stateTexts.get(hashes);
    return text === undefined ? null : hashOf(JSON.parse(text));
  }
  if (!Array.isArray(hashes)) return null;
  const again = (hashes as readonly Json[]).map((hash) => rehashed(hash, stateTexts));
  return again.includes(null) ? null : again;
}

interface TimelineWords {
  readonly events: readonly { readonly kind: string }[];
  readonly final_status: Json;
}

/** Says Running of every run whose last event, state updates aside, settles nothing. */
export function restateTimelines(reference: Report): Report {
  const others = Object.entries(reference.other_runs ?? {}).map(
    ([runId, run]) => [runId, restateTimeline(run)] as const,
  );
  return { ...reference, ...restateTimeline(reference), other_runs: Object.fromEntries(others) };
}

function restateTimeline(run: Run): Run {
  if (run.timeline_text === undefined) return run;
  const timeline = JSON.parse(run.timeline_text) as TimelineWords;
  const last = timeline.events.findLast(({ kind }) => kind !== 'StateUpdated');
  if (last !== undefined && ['Completed', 'Interrupted', 'ActionFailed'].includes(last.kind)) return run;
  return { ...run, timeline_text: JSON.stringify({ ...timeline, final_status: { status: 'Running' } }) };
}

/** Leaves of the effects those whose events are in the log; of an append that a process died in, those that ours has. */
export function restateEffects({ setup }: Scenario, reference: Report, ours: ScenarioReport): Report {
  if (reference.effects === undefined) return reference;
  const theirs = reference.effects;
  const effects = makersOf(theirs).flatMap((made) => {
    const phases = phasesOfKernel(setup, made);
    const results = phases.map((phase) => JSON.stringify(statusOfPhase(reference, phase)?.result));
    if (results.every((result) => result.startsWith('{"Ok"'))) return theirs.filter(({ phase }) => phase === made);
    const appended = phases.map((phase) => appendedEffects(setup, reference, phase, made));
    let lost = appended.flat().length - ours.effects.filter(({ phase }) => phase === made).length;
    return appended.flatMap((ofPhase, index) => {
      if (lost <= 0 || results[index]?.startsWith('{"Crash"') !== true) return ofPhase;
      const kept = ofPhase.slice(0, Math.max(0, ofPhase.length - lost));
      lost -= ofPhase.length - kept.length;
      return kept;
    });
  });
  return { ...reference, effects };
}

function appendedEffects(setup: Setup, reference: Report, phase: number, made: number): readonly Deed[] {
  const runId = runIdOfPhase(setup, phase);
  const { head_before: from = 0, head_after: to = 0 } = statusOfPhase(reference, phase) ?? {};
  return eventsOf(setup, reference, runId)
    .slice(from, to)
    .flatMap(({ event }) => {
      const effect = effectOf(event);
      return effect === null ? [] : [{ phase: made, run_id: runId, effect: encodeEffect(effect) }];
    });
}

/** Leaves out the snapshots of events that a kernel only read again. */
export function restateSnapshots({ setup }: Scenario, reference: Report, ours: ScenarioReport): Report {
  if (reference.snapshots === undefined) return reference;
  const snapshots = reference.snapshots.filter((snapshot) => {
    if (ours.snapshots.some((own) => isSame(own, snapshot))) return true;
    const heads = phasesOfKernel(setup, snapshot.phase).map((phase) =>
      headBefore(setup, reference, snapshot.run_id, phase),
    );
    return (snapshot['at_seq'] as number) > Math.max(...heads);
  });
  if (snapshots.length === reference.snapshots.length) return reference;
  const latestOf = (runId: RunId): Json => {
    const latest = snapshots.findLast(({ run_id: savedRunId }) => savedRunId === runId);
    if (latest !== undefined)
      return { run_id: runId, at_seq: latest['at_seq'] as Json, state: latest['state'] as Json };
    const preloaded = runId === setup.run_id ? setup.preload?.snapshot : null;
    return preloaded ? { run_id: runId, ...preloaded } : null;
  };
  const restateRun = (run: Run, runId: RunId): Run =>
    run.snapshot_latest === undefined ? run : { ...run, snapshot_latest: latestOf(runId) };
  const others = Object.entries(reference.other_runs ?? {}).map(
    ([runId, run]) => [runId, restateRun(run, runId)] as const,
  );
  return { ...reference, ...restateRun(reference, setup.run_id), snapshots, other_runs: Object.fromEntries(others) };
}

function makersOf(deeds: readonly Deed[]): readonly number[] {
  return [...new Set(deeds.map(({ phase }) => phase))];
}
