/**
 * Programs: an agent as two pure functions, with schemas at every door.
 *
 * `defineProgram` is what users write. The machine needs less, `Program`; whoever makes programs otherwise (a graph compiler,
 * a scenario interpreter) implements that.
 */
import type { Action, ActionResult } from './action';
import { SLEEP_MS_MAX } from './action';
import { askIn, type Ask } from './ask';
import { guarded } from './determinism-guard';
import { KernelError, messageOf } from './error';
import type { Event } from './event';
import type { Seq } from './identity';
import { sealJson, type Json } from './json';
import { allowAll, type Policy } from './policy';
import { assertProgramAsks, concernsProgram } from './resumption';
import { checkSchema, type Schema } from './schema';
import { assertShortTools } from './short-tool';
import type { Next } from './step';
import { SUMMARY_LENGTH_MAX, type AnyTool } from './tool';

/** A value that was checked, or why it is refused. */
export type Checked = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly reason: string };

/** What the machine runs. Every function is pure. */
export interface Program {
  /** The workflow type on Temporal. */
  readonly name: string;
  readonly version: number;
  readonly policy: Policy;
  /** @throws KernelError `InvalidInitialState` */
  readonly initialState: (value: unknown) => Json;
  /** @throws KernelError `Driver` when `step` throws, `DeterminismViolation` */
  step(state: Json): Next;
  /** @throws KernelError `Reducer`, `InvalidState`, `DeterminismViolation` */
  reduce(state: Json, event: Event, seq: Seq): Json;
  /** @throws KernelError `UnknownTool`, `InvalidToolInput` */
  checkAction(action: Action): void;
  /** What a successful action's output becomes in the log; an output that breaks its schema is a failure. */
  readOutput(action: Action, output: Json): ActionResult;
  /** What an answer to an interrupt becomes in the log. */
  readAnswer(value: unknown): Checked;
  /** Whether early signals of this name wait for a `WaitSignal`; others resume the run, as in the specification. */
  awaitsSignal(name: string): boolean;
  /** What a signal's value becomes in the log. */
  readSignal(name: string, value: unknown): Checked;
  /** What the answer to an ask with that form becomes in the log. */
  readForm?(form: string, value: unknown): Checked;
  /** What a message becomes in the log. A program without it takes none. */
  readSteering?: (message: unknown) => Checked;
  /**
   * Whether the run goes on after an action that failed for good. Default: it fails, as the specification has it.
   *
   * @throws KernelError `Driver`, `DeterminismViolation`
   */
  goesOnAfter?(action: Action, error: string): boolean;
}

/** A program made by `defineProgram`: what the machine runs, and what workers and clients need to know of it. */
export interface DefinedProgram<S = unknown, In = unknown, A = unknown> extends Program {
  readonly description: string | null;
  readonly tools: Readonly<Record<string, AnyTool>>;
  readonly providers: Readonly<Record<string, AnyTool>>;
  readonly forms: Readonly<Record<string, Schema>>;
  /** Carries the types of the state, of what it is made from, and of answers. Never there at run time. */
  readonly types?: { readonly state: S; readonly initialState: In; readonly answer: A };
}

/** What users write. */
export interface ProgramDefinition<S, In, Asks, Answers> {
  /** A JavaScript identifier: it names the workflow type, and the export of the workflows file. */
  readonly name: string;
  readonly description?: string;
  /** Counts up when the program changes. Default 1. */
  readonly version?: number;
  /** The state. Its defaults are filled in when a run starts; after that every state must fit it as it is. */
  readonly state: Schema<S> & { readonly _zod?: { readonly input: In } };
  readonly tools?: Readonly<Record<string, AnyTool>>;
  /** Language models, by the name that `CallLLM` uses. */
  readonly providers?: Readonly<Record<string, AnyTool>>;
  /** What an interrupt asks, and what may answer it. Default: any JSON. */
  readonly interrupts?: { readonly asks: Schema<Asks>; readonly answers: Schema<Answers> };
  /** Forms that the answers to questions must fit, by name: `question(text, { form })`. */
  readonly forms?: Readonly<Record<string, Schema>>;
  /** What messages may be put in while a run is under way. Default: none. */
  readonly steering?: Schema;
  /**
   * What becomes of a run whose action failed for good: `fail`, as the specification has it, or `continue`, with the failure in the log
   * and in `reduce`. A function is pure. Default `fail`. (What people denied never ends a run.)
   */
  readonly onActionFailed?: 'fail' | 'continue' | ((action: Action, error: string) => 'fail' | 'continue');
  /** Signals that the program waits for by name, with the schema of their value. */
  readonly signals?: Readonly<Record<string, Schema>>;
  /** Default: everything is allowed and nothing retried. */
  readonly policy?: Policy;
  /** Says what to do next. */
  readonly step: (state: S) => Next;
  /** Gives the state after an event, as a new value. */
  readonly reduce: (state: S, event: Event, seq: Seq) => S;
}

const IDENTIFIER = /^[A-Za-z_$][\w$]{0,199}$/;

/**
 * Defines a program.
 *
 * @throws KernelError `InvalidProgram`, saying what to change
 */
export function defineProgram<S, In = S, Asks = Json, Answers = Json>(
  definition: ProgramDefinition<S, In, Asks, Answers>,
): DefinedProgram<S, In, Answers> {
  const { name, state: stateSchema, interrupts, step, reduce } = definition;
  const version = definition.version ?? 1;
  const tools = definition.tools ?? {};
  const providers = definition.providers ?? {};
  const signals = definition.signals ?? {};
  const forms = definition.forms ?? {};
  const { onActionFailed = 'fail', steering } = definition;
  checkDefinition(name, version, tools, providers);

  const checkAsked = (next: Next): Next => {
    if ((next as Next | undefined)?.type !== 'Interrupt') return next;
    const { value } = (next as Extract<Next, { type: 'Interrupt' }>).info;
    assertProgramAsks(value);
    const ask = askIn(value);
    if (ask !== null) {
      assertForm(ask, forms);
      return next;
    }
    if (interrupts === undefined) return next;
    const asked = checkSchema(interrupts.asks, value);
    if (asked.ok) return next;
    throw new Error(`what it asks breaks the schema: ${asked.reason}`);
  };

  const calledBy = (action: Action): { readonly tool: AnyTool; readonly what: string; readonly input: Json } | null => {
    if (action.type === 'CallTool') {
      if (!Object.hasOwn(tools, action.tool)) throw unknownTool(name, 'tool', action.tool, tools);
      return { tool: tools[action.tool] as AnyTool, what: `tool ${action.tool}`, input: action.input };
    }
    if (action.type === 'CallLLM') {
      if (!Object.hasOwn(providers, action.provider)) throw unknownTool(name, 'provider', action.provider, providers);
      return {
        tool: providers[action.provider] as AnyTool,
        what: `provider ${action.provider}`,
        input: action.input,
      };
    }
    return null;
  };

  return {
    name,
    version,
    description: definition.description ?? null,
    policy: definition.policy ?? allowAll(),
    tools,
    providers,
    forms,

    initialState: (value) => {
      const checked = read(stateSchema, value);
      if (checked.ok) return checked.value;
      throw new KernelError('InvalidInitialState', `the initial state of ${name} is refused: ${checked.reason}`);
    },

    step(state) {
      return guarded('step', () => {
        try {
          return checkAsked(step(state as S));
        } catch (error) {
          throw new KernelError('Driver', `step of ${name} failed: ${messageOf(error)}`, { cause: error });
        }
      });
    },

    reduce(state, event, seq) {
      if (!concernsProgram(event)) return state;
      const after = guarded('reduce', () => {
        try {
          return reduce(state as S, event, seq);
        } catch (error) {
          throw new KernelError(
            'Reducer',
            `reduce of ${name} failed at event ${seq} (${event.type}): ${messageOf(error)}`,
            {
              cause: error,
            },
          );
        }
      });
      if (after === state) return state;
      let sealed: Json;
      try {
        sealed = sealJson(after);
      } catch (error) {
        throw new KernelError(
          'InvalidState',
          `state of ${name} after event ${seq} (${event.type}): ${messageOf(error)}`,
        );
      }
      const checked = checkSchema(stateSchema, sealed);
      if (checked.ok) return sealed;
      throw new KernelError('InvalidState', `state of ${name} after event ${seq} (${event.type}): ${checked.reason}`);
    },

    checkAction(action) {
      if (action.type === 'Sleep') {
        if (Number.isSafeInteger(action.millis) && action.millis >= 0 && action.millis <= SLEEP_MS_MAX) return;
        throw new KernelError(
          'Driver',
          `${name} asked to sleep ${action.millis} ms: 0 to ${SLEEP_MS_MAX} are possible`,
        );
      }
      const called = calledBy(action);
      if (called === null) return;
      const checked = checkSchema(called.tool.input, called.input);
      if (!checked.ok)
        throw new KernelError('InvalidToolInput', `input for ${called.what} of ${name}: ${checked.reason}`);
    },

    readOutput(action, output) {
      const called = calledBy(action);
      if (called === null) return { type: 'success', output };
      const checked = read(called.tool.output, output);
      if (checked.ok) return { type: 'success', output: checked.value };
      return { type: 'failure', error: new KernelError('Executor', brokenOutput(called.what, checked.reason)).message };
    },

    readAnswer: (value) => (interrupts === undefined ? readJson(value) : read(interrupts.answers, value)),
    awaitsSignal: (signal) => Object.hasOwn(signals, signal),
    readSignal: (signal, value) =>
      Object.hasOwn(signals, signal) ? read(signals[signal] as Schema, value) : readJson(value),
    readForm: (form, value) =>
      Object.hasOwn(forms, form)
        ? read(forms[form] as Schema, value)
        : { ok: false, reason: `${name} has no form ${form}` },
    ...(steering === undefined ? {} : { readSteering: (message: unknown) => read(steering, message) }),
    goesOnAfter(action, failure) {
      if (typeof onActionFailed === 'string') return onActionFailed === 'continue';
      return guarded('step', () => {
        try {
          return onActionFailed(action, failure) === 'continue';
        } catch (error) {
          throw new KernelError('Driver', `onActionFailed of ${name} failed: ${messageOf(error)}`, { cause: error });
        }
      });
    },
  };
}

/** Says that an output breaks its tool's schema; the worker's check and the machine's say it alike. */
export function brokenOutput(what: string, reason: string): string {
  return `output of ${what} breaks its schema: ${reason}`;
}

/** What an action does, in a few words: the tool's own summary, or its name. */
export function summaryOf(program: Program | DefinedProgram, action: Action): string {
  switch (action.type) {
    case 'Sleep':
      return `sleep ${action.millis} ms`;
    case 'WaitSignal':
      return `wait for signal ${action.name}`;
    case 'CallTool':
    case 'CallLLM': {
      const [called, kind] =
        action.type === 'CallTool' ? ([action.tool, 'tools'] as const) : ([action.provider, 'providers'] as const);
      const known = kind in program ? (program as DefinedProgram)[kind] : {};
      const definition = Object.hasOwn(known, called) ? known[called] : undefined;
      const summarise = definition?.summary;
      if (summarise === undefined) return called;
      return guarded('step', () => summarise(action.input as never))
        .slice(0, SUMMARY_LENGTH_MAX)
        .toWellFormed();
    }
  }
}

function assertForm(ask: Ask, forms: Readonly<Record<string, Schema>>): void {
  if (ask.form === undefined || Object.hasOwn(forms, ask.form)) return;
  const known = Object.keys(forms);
  throw new Error(
    `it asks for the form ${ask.form}, but ${known.length === 0 ? 'defines none' : `defines ${known.join(', ')}`}`,
  );
}

function checkDefinition(
  name: string,
  version: number,
  tools: Readonly<Record<string, AnyTool>>,
  providers: Readonly<Record<string, AnyTool>>,
): void {
  if (!IDENTIFIER.test(name)) {
    throw new KernelError(
      'InvalidProgram',
      `${JSON.stringify(name)} can't name a program: it must be a JavaScript identifier, because it is also the name of ` +
        'the export in the workflows file',
    );
  }
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new KernelError('InvalidProgram', `version of ${name} must be 1, 2, 3, …`);
  }
  for (const provider of Object.keys(providers)) {
    if (Object.hasOwn(tools, provider)) {
      throw new KernelError(
        'InvalidProgram',
        `${name} has a tool and a provider named ${provider}: both are activity types`,
      );
    }
  }
  assertShortTools(name, tools, providers);
}

function unknownTool(
  program: string,
  kind: string,
  asked: string,
  known: Readonly<Record<string, AnyTool>>,
): KernelError {
  const names = Object.keys(known);
  const hint = names.length === 0 ? `it defines no ${kind}s` : `it defines ${names.join(', ')}`;
  return new KernelError('UnknownTool', `${program} asked for the ${kind} ${JSON.stringify(asked)}, but ${hint}`);
}

function read(schema: Schema, value: unknown): Checked {
  const checked = checkSchema(schema, value);
  return checked.ok ? readJson(checked.value) : checked;
}

function readJson(value: unknown): Checked {
  try {
    return { ok: true, value: sealJson(value) };
  } catch (error) {
    return { ok: false, reason: messageOf(error) };
  }
}
