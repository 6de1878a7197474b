/**
 * The player: a program that plays the script that its initial state holds. One program can so be told to do anything that a
 * program can do.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import {
  allowAll,
  callLLM,
  callTool,
  childRun,
  complete,
  defineProgram,
  emit,
  interrupt,
  isPlainObject,
  permanent,
  rateLimited,
  retryWithBackoff,
  sleep,
  tool,
  transient,
  update,
  waitSignal,
  withBudget,
  type AnyTool,
  type DefinedProgram,
  type Event,
  type Json,
  type Next,
  type Policy,
  type StateUpdated,
} from '../../src/kernel';

const Value = z.json();
export type Value = z.infer<typeof Value>;

/** What a script can say. A script is JSON, and a child's script is the input of the call that starts it. */
const Line = z.union([
  z.strictObject({ call: z.string(), input: Value.default(null) }),
  z.strictObject({ prompt: z.object({ tokens: z.number() }) }),
  z.strictObject({ sleep: z.number() }),
  z.strictObject({ wait: z.string() }),
  z.strictObject({ ask: Value }),
  z.strictObject({ note: Value }),
  z.strictObject({ notes: z.array(Value).min(1) }),
]);
export type Line = z.input<typeof Line>;

const State = z.object({
  script: z.array(Line),
  at: z.number().default(0),
  asking: z.boolean().default(false),
  results: z.array(Value).default([]),
  answers: z.array(Value).default([]),
  notes: z.array(Value).default([]),
});

/** Asks no more than this of whoever answers. */
export const Answer = z.union([z.string().max(20), z.object({ approve: z.boolean() })]);

const attempts = new Map<string, number>();

export const playerTools = {
  echo: tool({
    input: Value,
    output: Value,
    summary: (input) => `echo ${JSON.stringify(input)}`,
    run: (input) => input,
  }),
  /** Fails `failures` times before it succeeds. */
  flaky: tool({
    input: z.object({ failures: z.number() }),
    output: z.object({ attempt: z.number() }),
    run: ({ failures }, { attempt }) => {
      if (attempt <= failures) throw transient(`attempt ${attempt} fails`);
      return { attempt };
    },
  }),
  /** Fails `failures` times before it succeeds, and then doesn't say how often it was tried. */
  unsteady: tool({
    input: z.object({ failures: z.number() }),
    output: z.null(),
    run: ({ failures }, { attempt }) => {
      if (attempt <= failures) throw transient('unsteady');
      return null;
    },
  }),
  /** Takes its time. A worker that is lost over it is soon missed. */
  slow: tool({
    input: z.object({ millis: z.number() }),
    output: z.number(),
    heartbeatTimeoutMs: 1_000,
    run: async ({ millis }, { signal }) => {
      await pause(millis, undefined, { signal });
      return millis;
    },
  }),
  failing: tool({
    input: z.object({ message: z.string() }),
    output: z.null(),
    run: ({ message }) => {
      throw permanent(message);
    },
  }),
  /** Promises a number and gives a text. */
  wrong: tool({ input: z.null(), output: z.object({ n: z.number() }), run: () => ({ n: 'no number' }) as never }),
  /** Is asked to come back, by a callee that can't tell the time. */
  limited: tool({
    input: z.null(),
    output: z.number(),
    run: (_, { attempt }) => {
      if (attempt === 1) throw rateLimited('429', Number('Wed, 21 Oct'));
      return attempt;
    },
  }),
  /** Gives what can't be written. */
  unwritable: tool({ input: z.null(), output: z.object({ n: z.bigint() }), run: () => ({ n: 1n }) }),
  /** Takes longer than it may. */
  late: tool({ input: z.null(), output: z.null(), timeoutMs: 50, run: () => new Promise<null>(() => undefined) }),
  /** Takes longer than all its attempts together may. */
  hanging: tool({
    input: z.null(),
    output: z.null(),
    heartbeatTimeoutMs: 300,
    totalTimeoutMs: 300,
    run: (_, { signal }) => pause(3_600_000, null, { signal }),
  }),
  /** Gives more than its schema knows. */
  talkative: tool({ input: z.null(), output: z.object({ a: z.number() }), run: () => ({ a: 1, secret: 'aaaa' }) }),
  /** Works until it is cancelled. */
  endless: tool({
    input: z.null(),
    output: z.null(),
    run: (_, { signal, actionId }) => {
      attempts.set(actionId, (attempts.get(actionId) ?? 0) + 1);
      return new Promise<null>((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          attempts.delete(actionId);
          reject(signal.reason as Error);
        });
      });
    },
  }),
  forbidden: tool({ input: z.null(), output: z.null(), run: () => null }),
  /** Nobody here runs it: some other worker must have it. */
  elsewhere: tool({ input: z.null(), output: z.null(), totalTimeoutMs: 500 }),
};

/** Endless tools that are working now, in this process. */
export function endlessAtWork(actionId: string): boolean {
  return attempts.has(actionId);
}

/** Uses as many tokens as it is told to. */
const oracle = tool({
  input: z.object({ tokens: z.number() }),
  output: z.object({ usage: z.object({ totalTokens: z.number() }) }),
  run: ({ tokens }) => ({ usage: { totalTokens: tokens } }),
});

/** The tokens that a player may use. */
export const PLAYER_TOKENS_MAX = 100;

const policy: Policy = {
  ...withBudget(retryWithBackoff(allowAll(), { maxRetries: 3, backoffBaseMs: 1 }), { maxLlmTokens: PLAYER_TOKENS_MAX }),
  authorize: (_runId, action) =>
    action.type === 'CallTool' && action.tool === 'forbidden'
      ? { type: 'deny', reason: 'tool not allowed: forbidden' }
      : { type: 'allow' },
};

/** A program that plays scripts, under this name and with these tools. */
export function definePlayer(
  name: string,
  tools: Readonly<Record<string, AnyTool>>,
): DefinedProgram<z.infer<typeof State>, z.input<typeof State>, z.infer<typeof Answer>> {
  return defineProgram({
    name,
    description: 'Plays a script.',
    state: State,
    tools,
    providers: { oracle },
    interrupts: { asks: Value, answers: Answer },
    signals: { payment: z.object({ amount: z.number() }) },
    policy,
    step: ({ script, at }): Next => {
      const line = script[at];
      if (line === undefined) return complete();
      if ('call' in line) return callTool(line.call, line.input);
      if ('prompt' in line) return callLLM('oracle', line.prompt);
      if ('sleep' in line) return sleep(line.sleep);
      if ('wait' in line) return waitSignal(line.wait);
      if ('ask' in line) return interrupt(line.ask);
      if ('note' in line) return update(line.note, `line-${at}`);
      return emit(...line.notes.map((payload, index) => partOf(line.notes, payload, index, at)));
    },
    reduce: (state, event) => {
      const next = { ...state, at: state.at + 1 };
      switch (event.type) {
        case 'StateUpdated':
          // Of several notes that are taken at once, the last one ends the line.
          return {
            ...(isPart(event.stepId) ? state : next),
            notes: [...state.notes, event.payload as z.infer<typeof Value>],
          };
        case 'ActionSucceeded':
          return { ...next, results: [...state.results, event.output as z.infer<typeof Value>] };
        case 'Interrupted':
          return { ...state, asking: true };
        case 'Resumed': {
          const answers = [...state.answers, event.value as z.infer<typeof Value>];
          return { ...(state.asking ? next : state), asking: false, answers };
        }
        default:
          return state;
      }
    },
  });
}

/** A note of several that a line takes at once. */
function partOf(notes: readonly Json[], payload: Json, index: number, at: number): StateUpdated {
  return { type: 'StateUpdated', stepId: index + 1 < notes.length ? `part-${at}` : `line-${at}`, payload };
}

function isPart(stepId: string | null | undefined): boolean {
  return stepId?.startsWith('part-') === true;
}

/** A player that calls for no other. */
export const novice = definePlayer('novice', playerTools);

/** A player between the two: its tool `novice` starts a run of another player. */
export const journeyman = definePlayer('journeyman', { ...playerTools, novice: childRun(novice) });

/** The player. Its tools `novice` and `journeyman` start runs of other players. */
export const player = definePlayer('player', {
  ...playerTools,
  novice: childRun(novice),
  journeyman: childRun(journeyman),
});

/** The initial state that plays this script. */
export function playing(...script: Line[]): { script: Line[] } {
  return { script };
}

/** A line that starts a run of another player. */
export function starting(child: 'novice' | 'journeyman', script: readonly Line[]): Line {
  return { call: child, input: { script: [...script] } as unknown as Value };
}

/** The ids of the runs that a player's log says it started. */
export function startedIn(log: readonly { readonly event: Event }[]): readonly string[] {
  return log.flatMap(({ event }) => {
    if (event.type !== 'ActionRequested' || !isPlainObject(event.payload)) return [];
    const { CallTool: call } = event.payload;
    if (!isPlainObject(call)) return [];
    return call['tool'] === 'novice' || call['tool'] === 'journeyman' ? [event.actionId] : [];
  });
}
