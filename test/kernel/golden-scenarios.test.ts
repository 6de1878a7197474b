/**
 * The reference kernel's own runs, played on ours: the same statuses, logs, traces, timelines, hashes and deeds, byte for
 * byte. Where ours is another on purpose, it is so by one of the exceptions of tools/conformance, and here stands which.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DIVERGENCES, RESTATEMENTS } from '../../tools/conformance/exceptions';
import { playScenario } from '../../tools/conformance/play-scenario';
import { isScenarioDocument, readScenario, type Scenario } from '../../tools/conformance/scenario-document';
import type { ScenarioReport } from '../../tools/conformance/scenario';
import { judge, verdictOf } from '../../tools/conformance/verdict';
import { readGoldenLines } from './golden/read-golden';

/** Which exceptions explain which scenarios; the others are equal. */
const ON_PURPOSE: Readonly<Record<string, readonly string[]>> = {
  '18_policy_denied_tool': ['unsettled-timeline'],
  '19_policy_denied_llm_after_progress': ['unsettled-timeline'],
  '34_unicode_payload': ['canonical-bytes'],
  '35_float_payload': ['canonical-bytes'],
  '36_large_int_payload': ['canonical-bytes'],
  '38_map_key_order': ['canonical-bytes'],
  '39_struct_state': ['canonical-bytes'],
  '42_emit_mixed_events': ['only-state-updates'],
  '50_rerun_after_complete': ['ended-is-ended'],
  '51_work_after_complete': ['ended-is-ended'],
  '53_resume_after_complete': ['ended-is-ended'],
  '54_double_resume': ['ended-is-ended'],
  '55_rerun_while_blocked_stateless_reducer': ['blocked-stays-blocked'],
  '57_action_output_invisible_to_step': ['unsettled-timeline'],
  '58_crash_between_requested_and_result': ['same-action-again'],
  '59_crash_after_effect_before_result_recorded': ['same-action-again'],
  '64_step_error': ['unsettled-timeline'],
  '65_reducer_error_poisons_log': ['reduced-first'],
  '66_rerun_after_failed': ['ended-is-ended'],
  '67_replay_mode_still_executes': ['read-only-modes'],
  '68_budget_never_enforced': ['enforced-budget'],
  '69_timeline_unknown_run': ['unsettled-timeline'],
  '70_timeline_stale_after_resume': ['unsettled-timeline'],
  '71_concurrent_writer_between_head_and_append': ['head-conflict'],
  '72_concurrent_event_lost_by_snapshot': ['head-conflict'],
  '73_snapshot_ahead_of_log': ['snapshot-beyond-log'],
  '75_crash_during_retry_backoff': ['same-action-again'],
  '76_store_error_on_first_append': ['unsettled-timeline'],
};

const scenariosOf = (file: string): readonly Scenario[] =>
  readGoldenLines(file).filter(isScenarioDocument).map(readScenario);

const SCENARIOS = scenariosOf('scenarios.jsonl');
const GENERATED = scenariosOf('generated.jsonl');
const FAULTY = scenariosOf('faulty.jsonl');

const idsOf = async (scenario: Scenario): Promise<readonly string[]> =>
  (await judge(scenario)).onPurpose.map(({ id }) => id);

describe.each([
  ['scenarios.jsonl', SCENARIOS],
  ['generated.jsonl', GENERATED],
])('%s', (_, scenarios) => {
  test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', async (name, scenario) => {
    expect((await judge(scenario)).unexplained).toEqual([]);
    const exceptions = Object.hasOwn(ON_PURPOSE, name) ? ON_PURPOSE[name] : exceptionsOfGenerated(scenario);
    expect(await idsOf(scenario)).toEqual(exceptions);
  });
});

/** A denied run is the one kind of generated scenario that ends without an event that settles it. */
function exceptionsOfGenerated({ name, reference }: Scenario): readonly string[] {
  const denied =
    name.startsWith('gen_') && JSON.stringify(reference.run_statuses?.at(-1)).includes('"variant":"Policy"');
  return denied ? ['unsettled-timeline'] : [];
}

describe('faulty.jsonl', () => {
  test.each(FAULTY.map((scenario) => [scenario.name, scenario] as const))('%s', async (_, scenario) => {
    expect((await judge(scenario)).unexplained).toEqual([]);
  });
});

test.each([
  ['rate_limited_150_times', 'bounded-rate-limit'],
  ['snapshot_store_fails_while_restoring', 'restoring-cannot-fail'],
  ['process_dies_while_restoring', 'restoring-cannot-fail'],
])('given %s, then %s explains it', async (name, exception) => {
  expect(await idsOf(FAULTY.find((scenario) => scenario.name === name)!)).toEqual([exception]);
});

test('given all scenarios, then each exception explains some', async () => {
  const ids = await Promise.all([...SCENARIOS, ...FAULTY].map(idsOf));
  expect(new Set(ids.flat())).toEqual(new Set([...RESTATEMENTS, ...DIVERGENCES].map(({ id }) => id)));
});

test('given the list of exceptions, then each names a scenario, and the greater part of the scenarios is not on it', () => {
  const names = SCENARIOS.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(Object.keys(ON_PURPOSE)));
  expect(Object.keys(ON_PURPOSE).length).toBeLessThan(names.length / 2);
});

type Alteration = (report: ScenarioReport) => Partial<ScenarioReport>;

/** What a kernel with a fault could have done. */
const FAULTS: Readonly<Record<string, Alteration>> = {
  'another first event': ({ event_log_text: [, ...log] }) => ({
    event_log_text: ['{"seq":1,"event":{"StateUpdated":{"step_id":"forged","payload":null}}}', ...log],
  }),
  'another first state hash': ({ state_hashes: hashes }) => ({
    state_hashes: ['0'.repeat(64), ...(hashes as readonly string[]).slice(1)],
  }),
  'another trace': ({ execution_trace_text: [, ...trace] }) => ({ execution_trace_text: ['{}', ...trace] }),
  'another first status': ({ run_statuses: [first, ...statuses] }) => ({
    run_statuses: [{ ...first!, result: { Ok: 'Running' } }, ...statuses],
  }),
};

describe.each(Object.entries(FAULTS))('given a kernel that makes %s', (_, alter) => {
  test('then no exception explains it', async () => {
    for (const scenario of [...SCENARIOS, ...GENERATED]) {
      const ours = await playScenario(scenario.setup);
      // Where the two part at once, there is nothing to be equal.
      if (ours.event_log_text[0] !== scenario.reference.event_log_text?.[0]) continue;
      if (ours.event_log_text.length === 0) continue;
      const verdict = await verdictOf(scenario, { ...ours, ...alter(ours) });
      expect({ name: scenario.name, explained: verdict.unexplained.length === 0 }).toEqual({
        name: scenario.name,
        explained: false,
      });
    }
  });
});

describe.each([...RESTATEMENTS, ...DIVERGENCES])('exception $id', ({ id }) => {
  test('then docs/differences.md has a line for it', () => {
    const lines = readFileSync(join(__dirname, '../../docs/differences.md'), 'utf8').split('\n');
    expect(lines.filter((line) => line.startsWith(`| \`${id}\``))).toHaveLength(1);
  });
});
