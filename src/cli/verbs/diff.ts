/** `diff`: where two runs part, and what differs there. */
import { encodeEvent, ownIdOf, type Json, type Seq, type StoredLog } from '../../kernel';
import { EXIT } from '../exit-code';
import { jsonDifferences, type JsonDifference } from '../json-difference';
import { firstDifference, withoutRunId, type LogDifference } from '../log-difference';
import { stateAt, type OpenedRun } from '../opened-run';
import { withLimit, withSource, type LimitOptions, type SourceOptions } from '../options';
import type { DiffOutput } from '../output/diff';
import { RunReader } from '../run-reader';
import { valueText } from '../resumption-text';
import { defineVerb } from '../verb';
import type { Terminal } from '../terminal';

interface Options extends SourceOptions, LimitOptions {}

export const diff = defineVerb<Options>({
  name: 'diff',
  summary:
    'the first difference of two runs, and what differs in event and state; 0 when there is none, 1 when there is one',
  examples: [
    'diff A-1001 A-1002',
    'diff fixtures/A-1001.json A-1001 --programs ./refund.ts',
    'diff a.json b.json --json',
  ],
  declare: (command) => {
    command.argument('<A>', 'a run id, or the path of an export or a history').argument('<B>', 'another one');
    withLimit(withSource(command), 20, 1_000, 'places in an event or state');
  },
  run: async (call) => {
    const { args, options, terminal } = call;
    const a = await new RunReader(call).open(args[0] ?? null);
    const b = await new RunReader(call).open(args[1] ?? null);
    const output = await terminal.during(() => 'comparing …', compared(a, b, options.limit));
    terminal.result(output, () => lines(output, terminal));
    return output.same ? EXIT.ok : EXIT.no;
  },
});

async function compared(a: OpenedRun, b: OpenedRun, limit: number): Promise<DiffOutput> {
  const sides = (difference: LogDifference | null): Pick<DiffOutput, 'a' | 'b'> => {
    return { a: sideOf(a, difference?.a ?? null), b: sideOf(b, difference?.b ?? null) };
  };
  const otherProgram = a.run.program !== b.run.program || a.run.version !== b.run.version;
  const initial = jsonDifferences(a.run.initialState, b.run.initialState, limit);
  if (otherProgram || initial.length > 0) {
    const where = [
      ...(otherProgram ? (['program'] as const) : []),
      ...(initial.length > 0 ? (['initialState'] as const) : []),
    ];
    return { same: false, seq: 0, in: where, ...sides(null), event: [], state: initial };
  }
  const difference = await firstDifference(a, b);
  if (difference === null) return { same: true, seq: null, in: [], ...sides(null), event: [], state: [] };
  const { seq } = difference;
  const [one, other] = [eventOf(a, difference.a), eventOf(b, difference.b)];
  return {
    same: false,
    seq,
    in: difference.in,
    ...sides(difference),
    event: jsonDifferences(one, other, limit),
    state: difference.in.includes('state') ? await stateDifferences(a, b, seq, limit) : [],
  };
}

async function stateDifferences(
  a: OpenedRun,
  b: OpenedRun,
  seq: Seq,
  limit: number,
): Promise<readonly JsonDifference[] | null> {
  const [one, other] = [await stateAt(a, seq), await stateAt(b, seq)];
  return one === null || other === null ? null : jsonDifferences(one.state, other.state, limit);
}

function eventOf({ run }: OpenedRun, entry: StoredLog | null): Json {
  return entry === null ? null : encodeEvent(withoutRunId(entry.event, `${ownIdOf(run)}-`));
}

function sideOf({ run }: OpenedRun, entry: StoredLog | null): DiffOutput['a'] {
  const { runId, program, version, head } = run;
  const event = entry === null ? null : (encodeEvent(entry.event) as Json);
  return { runId, program, version, head, event, stateHash: entry?.stateHash ?? null };
}

function lines({ same, seq, in: where, a, b, event, state }: DiffOutput, terminal: Terminal): string[] {
  if (same) return [`${terminal.styled('green', 'same')}  ${a.runId} and ${b.runId}: ${a.head} entries`];
  const place = seq === 0 ? 'they began otherwise' : `first difference at entry ${seq}`;
  const [minus, plus] = [terminal.styled('red', '-'), terminal.styled('green', '+')];
  const places = (what: string, found: readonly JsonDifference[]): string[] => [
    what,
    ...found.flatMap(({ path, a: one, b: other }) => [
      ...(one === undefined ? [] : [`  ${minus} ${path || '(all)'}  ${valueText(one)}`]),
      ...(other === undefined ? [] : [`  ${plus} ${path || '(all)'}  ${valueText(other)}`]),
    ]),
  ];
  return [
    `${terminal.styled('yellow', 'DIFFER')}  ${place}: ${where.join(', ')}`,
    `${minus} ${a.runId}  ${a.program} v${a.version}, ${a.head} entries`,
    `${plus} ${b.runId}  ${b.program} v${b.version}, ${b.head} entries`,
    ...(event.length === 0 ? [] : places('event', event)),
    ...(state === null ? ['state: it takes the program to say how it differs (--programs)'] : []),
    ...(state === null || state.length === 0 ? [] : places('state', state)),
  ];
}
