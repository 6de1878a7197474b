/**
 * Reads the documents that scenarios come in: a file of the reference's dump, a line of the generated ones, a line of the
 * copies in test/kernel/golden. They differ in how much they say; what a document does not say is not compared.
 */
import { decodeEvent, sequencedEventText } from '../../src/kernel/event-wire';
import type { Hash } from '../../src/kernel/hash';
import type { Json } from '../../src/kernel/json';
import type { RunReport, ScenarioReport, Setup } from './scenario';

type Fields = Readonly<Record<string, Json | undefined>>;

/** A scenario, and what the reference did with it. */
export interface Scenario {
  readonly name: string;
  readonly setup: Setup;
  /** The setup's text as the reference had it, where the document keeps it. */
  readonly setupText: string | null;
  readonly reference: Partial<ScenarioReport>;
  /** The texts of states, by the hash that the reference gave them. */
  readonly stateTexts: ReadonlyMap<Hash, string>;
}

/** What a document must have to be a scenario: a setup with phases, and the statuses that they came to. */
export function isScenarioDocument(value: unknown): value is Fields {
  if (typeof value !== 'object' || value === null) return false;
  const { setup, setup_text: setupText, run_statuses: statuses } = value as Fields;
  return Array.isArray(statuses) && (typeof setupText === 'string' || typeof setup === 'object');
}

/** Reads a scenario's document. */
export function readScenario(document: Fields): Scenario {
  const { name, setup_text: text } = document;
  const setupText = typeof text === 'string' ? text : null;
  const setup = (setupText === null ? document['setup'] : JSON.parse(setupText)) as unknown as Setup;
  const stateTexts = new Map<Hash, string>();
  return {
    name: typeof name === 'string' ? name : '(no name)',
    setup,
    setupText,
    reference: reportOf(document, setup, stateTexts),
    stateTexts,
  };
}

function reportOf(document: Fields, setup: Setup, stateTexts: Map<Hash, string>): Partial<ScenarioReport> {
  const others = (document['other_runs'] ?? {}) as Readonly<Record<string, Fields>>;
  const deeds = {
    snapshots: document['snapshots'],
    effects: document['effects'],
    executor_calls: document['executor_calls'],
  };
  const report = {
    run_statuses: document['run_statuses'],
    ...runReportOf(document, stateTexts),
    // Of a big scenario the reference wrote down no deeds.
    ...(setup.big === true ? {} : deeds),
    other_runs: Object.fromEntries(Object.entries(others).map(([id, run]) => [id, runReportOf(run, stateTexts)])),
  };
  return present(report);
}

function runReportOf(run: Fields, stateTexts: Map<Hash, string>): Partial<RunReport> {
  if (typeof run['initial_state_bytes'] === 'string') {
    stateTexts.set(run['initial_state_hash'] as Hash, run['initial_state_bytes']);
  }
  const { execution_log_with_state_hashes: log, execution_log_with_state_hashes_from: logFrom } = run;
  const from = (logFrom as Fields | undefined)?.['entries'];
  const texts = run['event_log_text'] ?? (run['event_log'] as readonly Json[] | undefined)?.map(eventText);
  const timeline = run['timeline'] as Fields | undefined;
  const report = {
    event_log_text: texts,
    event_log_text_sha256: run['event_log_text_sha256'],
    head: run['head'],
    execution_trace_text: run['execution_trace_text'],
    execution_trace_text_sha256: run['execution_trace_text_sha256'],
    timeline_text: run['timeline_text'] ?? (timeline === undefined ? undefined : timelineTextOf(timeline)),
    initial_state_hash: run['initial_state_hash'],
    state_hashes: run['state_hashes'] ?? hashesOf(log, stateTexts),
    replay: hashOfReplay(run['replay'], stateTexts),
    replay_from_snapshot: hashOfReplay(run['replay_from_snapshot'], stateTexts),
    state_hashes_from: run['state_hashes_from'] ?? hashesOf(from, stateTexts),
    snapshot_latest: run['snapshot_latest'],
    event_stream_hash: valueOf(run['event_stream_hash']),
    tool_checksum: valueOf(run['tool_checksum']),
    verify_interrupt_consistency: run['verify_interrupt_consistency'],
  };
  return present(report);
}

/** The log of a big scenario is there as JSON; whether our text of it is the reference's, its SHA-256 says. */
function eventText(sequenced: Json): string {
  const { seq, event } = sequenced as { readonly seq: number; readonly event: Json };
  return sequencedEventText({ seq, event: decodeEvent(event) });
}

function timelineTextOf({ run_id, events, final_status }: Fields): string {
  const entries = (events as readonly Fields[]).map(({ seq, kind, step_id, action_id }) => ({
    seq,
    kind,
    step_id,
    action_id,
  }));
  return JSON.stringify({ run_id, events: entries, final_status });
}

function hashesOf(entries: Json | undefined, stateTexts: Map<Hash, string>): Json | undefined {
  if (!Array.isArray(entries)) return entries;
  return (entries as readonly Fields[]).map((entry) => hashOfState(entry, stateTexts));
}

function hashOfReplay(replay: Json | undefined, stateTexts: Map<Hash, string>): Json | undefined {
  if (typeof replay !== 'object' || replay === null || !('Ok' in replay)) return replay;
  return hashOfState(replay['Ok'] as Fields, stateTexts);
}

function hashOfState(state: Fields, stateTexts: Map<Hash, string>): Hash {
  const hash = state['state_hash'] as Hash;
  if (typeof state['state_bytes'] === 'string') stateTexts.set(hash, state['state_bytes']);
  return hash;
}

function valueOf(result: Json | undefined): Json | undefined {
  return typeof result === 'object' && result !== null && 'Ok' in result ? result['Ok'] : result;
}

function present(fields: Fields | Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
