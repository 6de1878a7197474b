/** Which scenarios are left to tests of their own: by what is in them, whatever they are called. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Phase, Setup } from '../../tools/conformance/scenario';
import { TEMPORAL_DIVERGENCES, TEMPORAL_RESTATEMENTS } from '../../tools/conformance/temporal/exceptions';
import { LEFT_OUT, leftOut, type LeftOutId } from '../../tools/conformance/temporal/left-out';

const RUN: Phase = { op: 'run' };
const RESUME: Phase = { op: 'resume', signal: { Resume: 1 } };
const PLAIN: Setup = { run_id: 'r', initial_state: {}, phases: [RUN, RESUME] };

const calls = (action: object): NonNullable<Setup['step']> => ({ script: [{ Do: action as never }] });
const TOOL = { CallTool: { tool: 't', input: 1 } };
const UPDATE = { StateUpdated: { step_id: null, payload: {} } };

test.each<readonly [string, Partial<Setup>, LeftOutId | null]>([
  ['nothing special', {}, null],
  ['the normal mode', { mode: 'Normal' }, null],
  ['the mode Record', { mode: 'Record' }, 'kernel-mode'],
  ['no faults', { phases: [{ ...RUN, faults: {} }] }, null],
  ['a crash after an append', { phases: [{ ...RUN, faults: { crash_after_append_call: 1 } }] }, 'process-death'],
  ['a crash before a save', { phases: [{ ...RUN, faults: { crash_before_snapshot_save_call: 1 } }] }, 'process-death'],
  ['a crash in a tool', { actions: [{ repeat: 2, of: [{ Crash: 'x' }] }] }, 'process-death'],
  [
    'a crash in every tool of a later kernel',
    { phases: [RUN, { ...RUN, actions: { always: { Crash: 'x' } } }] },
    'process-death',
  ],
  ['an append that fails', { phases: [{ ...RUN, faults: { append_error_on_call: 1 } }] }, 'failing-store'],
  ['a save that fails', { phases: [{ ...RUN, faults: { snapshot_save_error_on_call: 1 } }] }, 'failing-store'],
  [
    'another writer',
    { phases: [{ ...RUN, faults: { other_writer_after_head_call: { call: 1, append: [] } } }] },
    'other-writer',
  ],
  ['an append', { phases: [{ op: 'append', events: [UPDATE] }, RUN] }, 'other-writer'],
  ['given events', { preload: { events: [UPDATE] } }, 'given-log'],
  ['a given snapshot', { preload: { snapshot: { at_seq: 1, state: {} } } }, 'given-log'],
  ['no given snapshot', { preload: { snapshot: null } }, null],
  ['a short sleep', { step: calls({ Sleep: { millis: 10 } }) }, null],
  ['a long sleep', { step: { rules: [{ then: { Do: { Sleep: { millis: 86_400_000 } } } }] } }, 'long-sleep'],
  ['the same initial state once more', { phases: [RUN, { ...RESUME, initial_state: {} }] }, null],
  [
    'another initial state on the way',
    { phases: [RUN, { ...RESUME, initial_state: { n: 1 } }] },
    'second-initial-state',
  ],
  ['another initial state of another run', { phases: [RUN, { ...RUN, run_id: 'o', initial_state: 1 }] }, null],
  [
    'one script over two runs',
    { step: calls(TOOL), phases: [RUN, { ...RUN, run_id: 'o', kernel: 'same' }] },
    'shared-script',
  ],
  ['a script for each of two runs', { step: calls(TOOL), phases: [RUN, { ...RUN, run_id: 'o' }] }, null],
  ['rules over two runs', { step: { rules: [] }, phases: [RUN, { ...RUN, run_id: 'o', kernel: 'same' }] }, null],
  ['one budget', { policy: { type: 'Budget', max_tool_calls: 1 } }, null],
  [
    'another budget on the way',
    { phases: [RUN, { ...RESUME, policy: { type: 'Budget', max_tool_calls: 1 } }] },
    'changed-budget',
  ],
  ['a tool of any name', { step: calls({ CallTool: { tool: '__proto__', input: 1 } }) }, null],
  ['a tool without a name', { step: calls({ CallTool: { tool: '', input: 1 } }) }, 'unusable-name'],
  [
    'a tool and a provider of one name',
    { step: { script: [{ Do: TOOL }], then: { Do: { CallLLM: { provider: 't', input: 1 } } } } },
    'unusable-name',
  ],
])('given %s, then that decides', (_, part, id) => {
  expect(leftOut({ ...PLAIN, ...part })).toBe(id);
});

describe('docs/differences.md', () => {
  const lines = readFileSync(join(__dirname, '../../docs/differences.md'), 'utf8').split('\n');
  const ids = [...TEMPORAL_RESTATEMENTS, ...TEMPORAL_DIVERGENCES].map(({ id }) => id);

  test.each([...ids, ...Object.keys(LEFT_OUT)])('has a line for %s', (id) => {
    expect(lines.filter((line) => line.startsWith(`| \`${id}\``))).toHaveLength(1);
  });
});
