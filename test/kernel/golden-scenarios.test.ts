/**
 * The reference kernel's own runs, played on ours: the same statuses, event log, trace, timeline and state hashes, byte for
 * byte. Where ours is another on purpose, the scenario is listed with the reason and with the parts that differ, and no others
 * may.
 */
import { canonicalJson } from '../../src/kernel/canonical-json';
import { readGoldenLines } from './golden/read-golden';
import { playScenario } from './scenario/play-scenario';
import type { GoldenScenario, ScenarioReport, Setup } from './scenario/scenario';

type Part = keyof ScenarioReport;

interface Difference {
  readonly parts: readonly Part[];
  readonly reason: string;
}

const BYTES: readonly Part[] = ['event_log_text', 'state_hashes', 'replay', 'replay_from_snapshot'];
const LOG: readonly Part[] = [
  'run_statuses',
  'event_log_text',
  'execution_trace_text',
  'timeline_text',
  'state_hashes',
];
const LOG_AND_STATE: readonly Part[] = [...LOG, 'replay', 'replay_from_snapshot'];

const UNSETTLED: Difference = {
  parts: ['timeline_text'],
  reason: 'a run whose log says neither Completed nor Failed nor Blocked is Running; the reference says Completed',
};
const KEY_ORDER: Difference = {
  parts: BYTES,
  reason: 'RFC 8785 sorts keys by UTF-16 code units, the reference by UTF-8 bytes',
};
const NUMBERS = 'RFC 8785 prints numbers as ECMAScript does: 1 for 1.0, and no integers beyond 2^53';
const TERMINAL = 'an end is an end: nothing is done or appended after it';
const SAME_ACTION = 'an action without a result is done again under the same id, and requested once';
const CONFLICT = 'another writer makes an append fail with HeadConflict instead of interleaving';

/** Where ours is another on purpose. */
const DIFFERENT: Readonly<Record<string, Difference>> = {
  '18_policy_denied_tool': UNSETTLED,
  '19_policy_denied_llm_after_progress': UNSETTLED,
  '34_unicode_payload': KEY_ORDER,
  '35_float_payload': { parts: ['event_log_text', 'state_hashes'], reason: NUMBERS },
  '36_large_int_payload': { parts: BYTES, reason: NUMBERS },
  '38_map_key_order': KEY_ORDER,
  '39_struct_state': {
    parts: [...BYTES, 'initial_state_hash'],
    reason: 'a state is JSON with sorted keys, not a struct in the order of its declaration',
  },
  '42_emit_mixed_events': { parts: LOG_AND_STATE, reason: 'a step may emit StateUpdated and nothing else' },
  '50_rerun_after_complete': { parts: LOG, reason: TERMINAL },
  '51_work_after_complete': { parts: LOG_AND_STATE, reason: TERMINAL },
  '53_resume_after_complete': { parts: LOG_AND_STATE, reason: TERMINAL },
  '54_double_resume': { parts: LOG_AND_STATE, reason: TERMINAL },
  '55_rerun_while_blocked_stateless_reducer': { parts: LOG, reason: 'a blocked run that is run again stays blocked' },
  '57_action_output_invisible_to_step': UNSETTLED,
  '58_crash_between_requested_and_result': { parts: LOG, reason: SAME_ACTION },
  '59_crash_after_effect_before_result_recorded': { parts: LOG, reason: SAME_ACTION },
  '64_step_error': UNSETTLED,
  '65_reducer_error_poisons_log': {
    parts: LOG_AND_STATE,
    reason: 'an event is appended after it was reduced; and any JSON is a state here, so this one is fine',
  },
  '66_rerun_after_failed': { parts: LOG_AND_STATE, reason: TERMINAL },
  '69_timeline_unknown_run': UNSETTLED,
  '70_timeline_stale_after_resume': {
    parts: ['timeline_text'],
    reason: 'a run that was resumed is Running; the reference says Blocked for ever',
  },
  '71_concurrent_writer_between_head_and_append': { parts: LOG, reason: CONFLICT },
  '72_concurrent_event_lost_by_snapshot': { parts: [...LOG, 'replay'], reason: CONFLICT },
  '73_snapshot_ahead_of_log': { parts: LOG_AND_STATE, reason: 'a snapshot beyond its log is SnapshotCorrupt' },
  '75_crash_during_retry_backoff': { parts: LOG, reason: SAME_ACTION },
  '76_store_error_on_first_append': UNSETTLED,
};

describe.each(['scenarios.jsonl', 'generated.jsonl'])('%s', (file) => {
  const golden = readGoldenLines(file) as readonly GoldenScenario[];

  test.each(golden.map((scenario) => [scenario.name, scenario] as const))('%s', async (name, scenario) => {
    const ours = await playScenario(JSON.parse(scenario.setup_text) as Setup);
    const difference = Object.hasOwn(DIFFERENT, name) ? DIFFERENT[name] : differenceOfGenerated(scenario);
    for (const part of Object.keys(ours) as Part[]) {
      if (difference?.parts.includes(part) === true) {
        expect(canonicalJson(ours[part])).not.toBe(canonicalJson(scenario[part]));
      } else {
        expect(ours[part]).toEqual(scenario[part]);
      }
    }
  });
});

/** A denied run is the one kind of generated scenario that ends without an event that settles it. */
function differenceOfGenerated({ name, run_statuses: statuses }: GoldenScenario): Difference | undefined {
  const denied = name.startsWith('gen_') && JSON.stringify(statuses.at(-1)).includes('"variant":"Policy"');
  return denied ? UNSETTLED : undefined;
}

test('given the list of differences, then each names a scenario, and the greater part of the scenarios is not on it', () => {
  const names = (readGoldenLines('scenarios.jsonl') as readonly GoldenScenario[]).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(Object.keys(DIFFERENT)));
  expect(Object.keys(DIFFERENT).length).toBeLessThan(names.length / 2);
});
