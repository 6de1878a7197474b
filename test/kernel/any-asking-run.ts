/**
 * Arbitrary runs that ask people: scripts with asks, actions that need approvals and actions at once; what arrives, doubled, late and by
 * whomever; and the play of one against the other.
 */
import fc from 'fast-check';
import { z } from 'zod';
import { approval, choice, question, type AskRules } from '../../src/kernel/ask';
import { interruptIdOf, type ActionId } from '../../src/kernel/identity';
import { Machine } from '../../src/kernel/machine';
import type { Entry, Input } from '../../src/kernel/machine-input';
import type { Json } from '../../src/kernel/json';
import { allowAll, withApproval } from '../../src/kernel/policy';
import type { DefinedProgram, ProgramDefinition } from '../../src/kernel/program';
import { all, callTool, interrupt, sleep, update, waitSignal, type Next } from '../../src/kernel/step';
import { RUN } from './machine-specification';
import { lines, scriptProgram, START, type ScriptState } from './script-program';

/** Who starts every run. */
export const STARTER = 'sue';

/** The input with which `echo` needs no approval. */
export const FREE = 'free';

const boss = { roles: ['boss'] };

/** By which rules calls of `echo` are approved, and what the program asks is answered. */
export const anyRules: fc.Arbitrary<AskRules> = fc.constantFrom<AskRules[]>(
  {},
  { votes: 2 },
  { votes: 2, notTheStarter: true, deadlineMs: 5 },
  { who: { people: ['ann', 'bob', 'cyd'] }, votes: 2 },
  { who: { people: ['ann', 'sue'] }, votes: 2, notTheStarter: true },
  { who: boss, notTheStarter: true },
  { who: { people: ['ann'] }, escalations: [{ afterMs: 2, to: boss }], deadlineMs: 5 },
  { who: { people: ['ann'], roles: ['cook'] }, votes: 2, escalations: [{ afterMs: 2, to: boss }] },
  { deadlineMs: 5, otherwise: 'approve', votes: 2 },
);

const anyInput = fc.constantFrom<Json[]>(1, 2, FREE);
const anyCall = fc.oneof(
  { weight: 3, arbitrary: anyInput.map((input) => callTool('echo', input)) },
  { weight: 1, arbitrary: anyInput.map((input) => callTool('count', input)) },
  { weight: 1, arbitrary: fc.constant(sleep(5)) },
);

/** Any script that asks by these rules; it completes at its end. */
function anyScriptBy(rules: AskRules): fc.Arbitrary<readonly Next[]> {
  // The default of an approval is a verdict, and no answer to anything else.
  const asking: AskRules = rules;
  const action = { type: 'CallTool', tool: 'echo', input: 1 } as const;
  return fc.array(
    fc.oneof(
      { weight: 3, arbitrary: anyCall },
      { weight: 3, arbitrary: fc.array(anyCall, { minLength: 1, maxLength: 3 }).map((calls) => all(...calls)) },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          question('why?', asking),
          choice('which?', ['a', 'b'], asking),
          approval('may it?', { ...asking, action }),
        ),
      },
      { weight: 1, arbitrary: fc.constantFrom(interrupt('plain?'), waitSignal('go'), update('on')) },
    ),
    { minLength: 1, maxLength: 5 },
  );
}

/** What somebody says, or what else arrives; it is made to fit what the run waits for, or not. */
export type Arrival =
  | {
      readonly type: 'says';
      readonly by: string | null;
      readonly roles: readonly string[];
      readonly value: Json;
      /** `now`: to the pending interrupt; a number: to that of this seq, whatever it is; null: to whichever. */
      readonly at: 'now' | number | null;
      readonly id: string | null;
    }
  /** The action that runs, or the n-th of them, ends; it may have ended already. */
  | { readonly type: 'ends'; readonly which: number; readonly error: string | null; readonly isLate: boolean }
  /** All actions that run end. */
  | { readonly type: 'allEnd'; readonly error: boolean }
  | { readonly type: 'moment'; readonly stage: 'now' | number }
  | { readonly type: 'input'; readonly input: Input };

const anyPerson = fc.constantFrom<(string | null)[]>('ann', 'bob', 'cyd', 'sue', 'eve', null);
const anyValue = fc.constantFrom<Json[]>(
  'approve',
  'approve',
  'approve',
  'deny',
  { decision: 'approve', reason: 'less', input: 2 },
  { decision: 'approve', input: FREE },
  { decision: 'deny', reason: 'no' },
  'a',
  'b',
  { $approval: { outcome: 'approved' } },
);
const anyId = fc.option(fc.constantFrom('i1', 'i2', 'i3'), { freq: 3 });

const anyArrival: fc.Arbitrary<Arrival> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      type: fc.constant('says' as const),
      by: anyPerson,
      roles: fc.constantFrom<string[][]>([], [], ['boss'], ['cook', 'boss']),
      value: anyValue,
      at: fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom<('now' | null)[]>('now', null) },
        { weight: 1, arbitrary: fc.integer({ min: 1, max: 20 }) },
      ),
      id: anyId,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('ends' as const),
      which: fc.nat(3),
      error: fc.option(fc.constantFrom('boom', 'small'), { freq: 4 }),
      isLate: fc.constantFrom(false, false, false, true),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('allEnd' as const), error: fc.constantFrom(false, false, true) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('moment' as const),
      stage: fc.constantFrom<('now' | number)[]>('now', 'now', 0, 1),
    }),
  },
  {
    weight: 6,
    arbitrary: fc
      .constantFrom<Input[]>(
        { type: 'signal', name: 'go', value: 'go' },
        { type: 'signal', name: 'other', value: 'approve' },
        { type: 'pause', by: 'ann' },
        { type: 'unpause' },
        { type: 'unpause', by: 'bob' },
        { type: 'unpause' },
        { type: 'steer', message: 'left', by: 'bob' },
        { type: 'steer', message: 'left', id: 'i1' },
        { type: 'resume', value: 'by the way' },
        { type: 'cancel' },
      )
      .map((input) => ({ type: 'input' as const, input })),
  },
);

/** A script, the rules by which its actions are approved, whether it goes on after failures, and what arrives, in groups. */
export interface AskingRun {
  readonly rules: AskRules;
  readonly script: readonly Next[];
  readonly goesOn: boolean;
  /** A shell delivers a group, then advances as far as it goes. Some are delivered twice. */
  readonly arrivals: readonly (readonly Arrival[])[];
}

export const anyAskingRun: fc.Arbitrary<AskingRun> = anyRules.chain((rules) =>
  fc.record({
    rules: fc.constant(rules),
    script: anyScriptBy(rules),
    goesOn: fc.boolean(),
    arrivals: fc.array(
      fc
        .tuple(fc.array(anyArrival, { maxLength: 4 }), fc.nat(8))
        .map(([group, doubled]) => [...group, ...group.slice(0, doubled < 4 ? doubled : 0)]),
      { maxLength: 14 },
    ),
  }),
);

/** The program of a run. */
export function programOf(
  { rules, script, goesOn }: AskingRun,
  changes: Partial<ProgramDefinition<ScriptState, ScriptState, Json, Json>> = {},
): DefinedProgram<ScriptState, ScriptState, Json> {
  const when = (action: { readonly type: string; readonly input?: Json }): boolean => action.input !== FREE;
  return scriptProgram(lines(...script), {
    policy: withApproval(allowAll(), { tools: { echo: { reason: 'it echoes', rules, when } } }),
    steering: z.json(),
    onActionFailed: (_, error) => (goesOn || error === 'small' ? 'continue' : 'fail'),
    ...changes,
  });
}

/** What arrives, as inputs for the machine as it stands. */
export function inputsFor(machine: Machine, arrival: Arrival, ended: readonly ActionId[]): readonly Input[] {
  const { waiting, running } = machine;
  const pending = waiting.for === 'answer' ? waiting.interruptId : undefined;
  const result = (actionId: ActionId, error: string | null): Input => ({
    type: 'result',
    actionId,
    result: error === null ? { type: 'success', output: numberOf(actionId) } : { type: 'failure', error },
  });
  switch (arrival.type) {
    case 'says': {
      const { by, roles, value, at, id } = arrival;
      const interruptId = at === 'now' ? pending : at === null ? undefined : interruptIdOf(RUN, at);
      return [{ type: 'resume', by, roles, value, interruptId, ...(id === null ? {} : { id }) }];
    }
    case 'ends': {
      const from = arrival.isLate ? ended : running.map(({ actionId }) => actionId);
      const actionId = from[arrival.which % Math.max(1, from.length)];
      return actionId === undefined ? [] : [result(actionId, arrival.error)];
    }
    case 'allEnd':
      return running.map(({ actionId }, index) => result(actionId, arrival.error && index === 1 ? 'boom' : null));
    case 'moment': {
      const now = waiting.for === 'answer' ? (waiting.ballot?.stage ?? 0) : 0;
      return pending === undefined
        ? []
        : [{ type: 'elapsed', interruptId: pending, stage: arrival.stage === 'now' ? now : arrival.stage }];
    }
    case 'input':
      return [arrival.input];
  }
}

/** The output of an action follows from its id, so that it does not matter which of two arrivals ends it. */
function numberOf(actionId: ActionId): number {
  return Number(actionId.slice(RUN.length + 1));
}

/** What a play gave. */
export interface Played {
  readonly entries: readonly Entry[];
  readonly machine: Machine;
  /** The actions that a shell would have done. */
  readonly done: ReadonlySet<ActionId>;
  /** What became of every input, in order: null where it was taken. */
  readonly refusals: readonly (string | null)[];
}

/** How a play differs from the plain one. */
export interface Ways {
  /** Puts another machine in the place of the one that got so far. */
  readonly between?: (machine: Machine, entries: readonly Entry[]) => Machine;
  /** Inputs that arrive together, in another order. */
  readonly order?: (inputs: readonly Input[]) => readonly Input[];
  /** Does one thing to the machine, where it would be done just so. */
  readonly attempt?: <T>(machine: Machine, move: () => T) => T;
  readonly program?: DefinedProgram<ScriptState, ScriptState, Json>;
}

const atOnce = <T>(_: Machine, move: () => T): T => move();

/** Plays a run. */
export function play(run: AskingRun, ways: Ways = {}): Played {
  const {
    between = (same: Machine): Machine => same,
    order = (inputs: readonly Input[]): readonly Input[] => inputs,
    attempt = atOnce,
  } = ways;
  const entries: Entry[] = [];
  const done = new Set<ActionId>();
  const ended: ActionId[] = [];
  const refusals: (string | null)[] = [];
  let machine = Machine.start(ways.program ?? programOf(run), RUN, START, { starter: STARTER });
  const pass = (): void => {
    for (const { actionId } of machine.running) done.add(actionId);
    for (const entry of machine.drain()) {
      entries.push(entry);
      if (entry.event.type === 'ActionSucceeded') ended.push(entry.event.actionId);
    }
    machine = between(machine, entries);
  };
  const deliver = (input: Input): void => {
    const isStray = input.type === 'result' && !machine.running.some((running) => running.actionId === input.actionId);
    try {
      refusals.push(attempt(machine, () => machine.deliver(input))?.code ?? null);
      if (isStray) expect(machine.waiting.for).toBe('nothing');
    } catch (error) {
      // A result that nobody waits for is the shell's mistake, and the only one here.
      if (!isStray) throw error;
      refusals.push('stray');
    }
    pass();
  };
  for (const group of [[], ...run.arrivals]) {
    for (const arrival of group) for (const input of order(inputsFor(machine, arrival, ended))) deliver(input);
    while (machine.waiting.for === 'step') {
      attempt(machine, () => {
        machine.advance();
      });
      pass();
    }
  }
  return { entries, machine, done, refusals };
}
