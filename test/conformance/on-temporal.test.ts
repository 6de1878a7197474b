/**
 * The reference kernel's own runs, played as workflows on a real server: the same statuses, logs, traces, timelines, hashes and
 * deeds, byte for byte, and three equal logs for every run. `npm run conformance -- --on temporal` plays all of them; here it is
 * a fair part, and of that what calls tools once more in bursts.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isScenarioDocument, readScenario, type Scenario } from '../../tools/conformance/scenario-document';
import { judgeOnTemporal } from '../../tools/conformance/temporal/judge-on-temporal';
import type { Judgement } from '../../tools/conformance/temporal/judgement';
import type { LeftOutId } from '../../tools/conformance/temporal/left-out';
import { connectServer, disconnectServer, type Server } from '../../tools/conformance/temporal/stage';
import { readGoldenLines } from '../kernel/golden/read-golden';
import { DEV_SERVER_ENV, fromSetup } from '../support/environment';
import { quietRuntime } from '../support/run-harness';

jest.setTimeout(300_000);

/** Which exceptions explain which scenarios, apart from the snapshots that a mirror saves; the others are equal. */
const ON_PURPOSE: Readonly<Record<string, readonly string[]>> = {
  '18_policy_denied_tool': ['unsettled-timeline'],
  '19_policy_denied_llm_after_progress': ['unsettled-timeline', 'recorded-effects'],
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
  '57_action_output_invisible_to_step': ['failed-task'],
  '64_step_error': ['failed-task'],
  '65_reducer_error_poisons_log': ['reduced-first'],
  '66_rerun_after_failed': ['ended-is-ended'],
  '68_budget_never_enforced': ['enforced-budget'],
  '69_timeline_unknown_run': ['unsettled-timeline'],
  '70_timeline_stale_after_resume': ['failed-task'],
};

/** Which scenarios are left to tests of their own. */
const LEFT: Readonly<Record<string, LeftOutId>> = {
  '28_sleep_action': 'long-sleep',
  '29_replay_full_log': 'given-log',
  '30_replay_from_snapshot_tail': 'given-log',
  '31_run_restores_from_snapshot_tail': 'given-log',
  '58_crash_between_requested_and_result': 'process-death',
  '59_crash_after_effect_before_result_recorded': 'failing-store',
  '60_crash_after_resume_append': 'process-death',
  '61_crash_after_resume_append_caller_retries': 'process-death',
  '62_snapshot_save_failure': 'failing-store',
  '63_crash_before_snapshot_save': 'process-death',
  '67_replay_mode_still_executes': 'kernel-mode',
  '71_concurrent_writer_between_head_and_append': 'other-writer',
  '72_concurrent_event_lost_by_snapshot': 'other-writer',
  '73_snapshot_ahead_of_log': 'given-log',
  '75_crash_during_retry_backoff': 'process-death',
  '76_store_error_on_first_append': 'failing-store',
};

const scenariosOf = (lines: readonly unknown[]): readonly Scenario[] =>
  lines.filter(isScenarioDocument).map(readScenario);

/** Scenarios with all that the reference printed of them. */
const WHOLE = scenariosOf(
  readFileSync(join(__dirname, 'golden/whole.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown),
);
const MORE = WHOLE.filter(({ name }) => name.startsWith('more_'));
const GIVEN = scenariosOf(readGoldenLines('scenarios.jsonl')).map(
  (scenario) => WHOLE.find(({ name }) => name === scenario.name) ?? scenario,
);
const GENERATED = scenariosOf(readGoldenLines('generated.jsonl')).filter((_, index) => index % 12 === 0);

/** A scenario whose reference is made to say something else: then ours must differ. */
function altered(name: string, part: keyof Scenario['reference'], value: unknown): Scenario {
  const scenario = GIVEN.find((one) => one.name === name)!;
  return { ...scenario, name: `${name} with another ${part}`, reference: { ...scenario.reference, [part]: value } };
}

const ALTERED: readonly Scenario[] = [
  altered('06_tool_call_success', 'head', 7),
  altered('06_tool_call_success', 'effects', []),
  altered('11_retry_then_success', 'executor_calls', []),
  altered('24_resume_new_kernel_no_snapshots', 'state_hashes', ['0'.repeat(64)]),
  altered('26_multiple_interrupts', 'snapshots', []),
  altered('43_two_runs_one_store', 'other_runs', { 'run-43b': { head: 99 } }),
];

/** What bursts can do anything about. */
const callsTools = ({ setup }: Scenario): boolean => JSON.stringify(setup).includes('"CallTool"');
const IN_BURSTS = ' in bursts';

let server: Server;
const judgements = new Map<string, Judgement>();
beforeAll(async () => {
  quietRuntime();
  server = await connectServer(fromSetup(DEV_SERVER_ENV));
  const scenarios = [...GIVEN, ...GENERATED, ...MORE, ...ALTERED];
  for await (const judgement of judgeOnTemporal(server, scenarios)) {
    judgements.set(judgement.scenario.name, judgement);
  }
  for await (const judgement of judgeOnTemporal(server, scenarios.filter(callsTools), { bursts: true })) {
    judgements.set(`${judgement.scenario.name}${IN_BURSTS}`, judgement);
  }
});
afterAll(() => disconnectServer(server));

const namesOf = (scenarios: readonly Scenario[]): readonly string[] => scenarios.map(({ name }) => name);

/** What came of a scenario: the exceptions that explain it, or what they leave. */
function outcomeOf(name: string): unknown {
  const judgement = judgements.get(name);
  switch (judgement?.type) {
    case 'left out':
      return { left: judgement.id };
    case 'played': {
      const { unexplained, onPurpose } = judgement.verdict;
      const ids = onPurpose.map(({ id }) => id).filter((id) => id !== 'mirrored-snapshots');
      return unexplained.length === 0 ? { passed: ids } : { differs: unexplained };
    }
    default:
      return judgement;
  }
}

test.each(namesOf(GIVEN))('%s', (name) => {
  const left = Object.hasOwn(LEFT, name) ? LEFT[name] : undefined;
  expect(outcomeOf(name)).toEqual(left === undefined ? { passed: ON_PURPOSE[name] ?? [] } : { left });
});

test.each(GENERATED.map((scenario) => [scenario.name, scenario] as const))('%s', (name, { reference }) => {
  const denied = JSON.stringify(reference.run_statuses?.at(-1)).includes('"variant":"Policy"');
  const outcome = outcomeOf(name) as { readonly passed?: readonly string[] };
  expect(outcome.passed?.filter((id) => id !== 'recorded-effects')).toEqual(denied ? ['unsettled-timeline'] : []);
});

test.each(namesOf(MORE))('%s', (name) => {
  expect(outcomeOf(name)).toEqual({ passed: [] });
});

test.each(ALTERED.map(({ name }) => name))('given %s, then it has failed', (name) => {
  expect(outcomeOf(name)).toEqual({ differs: expect.arrayContaining([expect.anything()]) as unknown });
});

test.each(namesOf([...GIVEN, ...GENERATED, ...MORE].filter(callsTools)))('%s, in bursts', (name) => {
  expect(outcomeOf(`${name}${IN_BURSTS}`)).toEqual(outcomeOf(name));
});

test.each(namesOf(ALTERED.filter(callsTools)))('given %s, in bursts, then it has failed', (name) => {
  expect(outcomeOf(`${name}${IN_BURSTS}`)).toEqual({ differs: expect.arrayContaining([expect.anything()]) as unknown });
});

test('given the two lists, then each name on them is a scenario, and the greater part of the scenarios is on none', () => {
  const listed = [...Object.keys(ON_PURPOSE), ...Object.keys(LEFT)];
  expect(namesOf(GIVEN)).toEqual(expect.arrayContaining(listed));
  expect(Object.keys(LEFT).length).toBeLessThan(GIVEN.length / 3);
  expect(listed.length).toBeLessThan((GIVEN.length * 2) / 3);
});
