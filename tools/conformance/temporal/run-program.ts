/**
 * A run of a scenario as an ordinary program: pure, with the scenario's tools. The workflow sandbox, the worker and the mirror
 * each build it from the same scenario.
 *
 * Where no kernel of the run counts its steps, the program's state is the scenario's own, and so are all its hashes. Elsewhere
 * it is kept beside the position in the scripts; the log's events are the scenario's own in any case.
 */
import type { Action, ActionResult } from '../../../src/kernel/action';
import type { Event } from '../../../src/kernel/event';
import type { RunId, Seq } from '../../../src/kernel/identity';
import { isPlainObject, sealJson, type Json } from '../../../src/kernel/json';
import { allowAll, type Policy } from '../../../src/kernel/policy';
import type { DefinedProgram } from '../../../src/kernel/program';
import type { Schema } from '../../../src/kernel/schema';
import type { Next } from '../../../src/kernel/step';
import { SHORT_TIMEOUT_MS_MAX, type AnyTool } from '../../../src/kernel/tool';
import { isSame } from '../difference';
import type { Setup } from '../scenario';
import { nextOf, policyOf, reducerOf } from '../scenario-program';
import { decisionsOf, isScripted, kernelsOf, type ScenarioKernel } from './run-kernels';
import { Scripts, START, type Position } from './script-position';

/** A scenario's program, and how to find the scenario's state in the program's. */
export interface RunProgram extends DefinedProgram {
  /** What a run is started with. */
  startState(state: Json): Json;
  /** The scenario's state in one of the program's. */
  scenarioState(kept: Json): Json;
}

/** What the worker's process gives a program: its tools, and the policy that decides about attempts. */
export interface Outside {
  execute(runId: RunId, action: Action): Promise<Json>;
  readonly retries: Pick<Policy, 'retryStrategyAttempt'>;
}

/** A tool's output: the executor's result, so that a failure can be handed back as one. */
export type ToolOutput = { readonly Success: Json } | { readonly Failure: string };

/** Makes the program of a run. Without an outside nothing can be executed: that is the sandbox, or a mirror. */
export function runProgram(name: string, setup: Setup, runId: RunId, outside?: Outside): RunProgram {
  const kernels = kernelsOf(setup, runId);
  const scripts = new Scripts(kernels);
  const keeping = keepingOf(kernels);
  const reducer = reducerOf(setup);
  const policies = new Map(kernels.map(({ made, policy }) => [made, policyOf(policy)]));
  const first = policies.get(kernels[0]?.made ?? 0) ?? allowAll();
  // An action is judged by the policy of the kernel that asked for it.
  const askedUnder = new WeakMap<Action, Policy>();

  return {
    name,
    version: 1,
    description: null,
    forms: {},
    ...toolsOf(kernels, outside),
    policy: {
      ...first,
      authorize: (id, action, context) => (askedUnder.get(action) ?? first).authorize(id, action, context),
      ...(outside === undefined
        ? {}
        : {
            retryStrategyAttempt: (error, action, attempt) =>
              outside.retries.retryStrategyAttempt(error, action, attempt),
          }),
    },
    initialState: sealJson,
    startState: (state) => keeping.keep(state, START),
    step: (kept): Next => {
      const [state, position] = [keeping.stateOf(kept), keeping.positionOf(kept)];
      const next = nextOf(scripts.decide(position, state).decision, state);
      const made = scripts.kernelAt(position)?.made ?? 0;
      if (next.type === 'Do') askedUnder.set(next.action, policies.get(made) ?? first);
      return next;
    },
    reduce: (kept: Json, event: Event, seq: Seq): Json => {
      const [state, position] = [keeping.stateOf(kept), keeping.positionOf(kept)];
      const after = reducer(state, event, seq);
      return sealJson(keeping.keep(after, keeping.follows ? scripts.after(position, state, event) : START));
    },
    scenarioState: (kept) => keeping.stateOf(kept),
    checkAction: () => undefined,
    readOutput: (action, output) => (isToolCall(action) ? resultOf(output) : { type: 'success', output }),
    readAnswer: (value) => ({ ok: true, value: sealJson(value) }),
    awaitsSignal: () => false,
    readSignal: (_name, value) => ({ ok: true, value: sealJson(value) }),
  };
}

/** How a position is kept beside a state. */
interface Keeping {
  readonly follows: boolean;
  keep(state: Json, position: Position): Json;
  stateOf(kept: Json): Json;
  positionOf(kept: Json): Position;
}

interface Kept {
  readonly state: Json;
  readonly position: Position;
}

const BESIDE: Keeping = {
  follows: true,
  keep: (state, position) => ({ state, position: { ...position } }),
  stateOf: (kept) => (kept as unknown as Kept).state,
  positionOf: (kept) => (kept as unknown as Kept).position,
};

const NOWHERE: Keeping = {
  follows: false,
  keep: (state) => state,
  stateOf: (kept) => kept,
  positionOf: () => START,
};

function keepingOf(kernels: readonly ScenarioKernel[]): Keeping {
  const isAlike = ({ step, policy }: ScenarioKernel): boolean =>
    !isScripted(step) && isSame([step, policy], [kernels[0]?.step, kernels[0]?.policy]);
  return kernels.every(isAlike) ? NOWHERE : BESIDE;
}

function isToolCall(action: Action): boolean {
  return action.type === 'CallTool' || action.type === 'CallLLM';
}

function resultOf(output: Json): ActionResult {
  if (isPlainObject(output) && Object.hasOwn(output, 'Success')) {
    return { type: 'success', output: output['Success'] as Json };
  }
  return { type: 'failure', error: (output as { readonly Failure: string }).Failure };
}

/** The same program serves both ways: a run that is started without bursts takes no notice. */
const SHORT: Pick<AnyTool, 'short' | 'timeoutMs'> = { short: true, timeoutMs: SHORT_TIMEOUT_MS_MAX };

const ANYTHING: Schema = { safeParse: (data) => ({ success: true, data }) };

function toolsOf(
  kernels: readonly ScenarioKernel[],
  outside: Outside | undefined,
): Pick<DefinedProgram, 'tools' | 'providers'> {
  const { tools, providers } = namesOf(kernels);
  const toolFor = (actionOf: (input: Json) => Action): AnyTool => ({
    input: ANYTHING,
    output: ANYTHING,
    ...(outside === undefined
      ? {}
      : { run: (input: Json, { runId }) => outside.execute(runId, actionOf(input)) satisfies Promise<Json> }),
  });
  return {
    tools: Object.fromEntries(
      tools.map((tool) => [tool, { ...toolFor((input) => ({ type: 'CallTool', tool, input })), ...SHORT }] as const),
    ),
    providers: Object.fromEntries(
      providers.map((provider) => [provider, toolFor((input) => ({ type: 'CallLLM', provider, input }))] as const),
    ),
  };
}

/** The tools and providers that kernels may call, by name. */
export function namesOf(kernels: readonly ScenarioKernel[]): {
  readonly tools: readonly string[];
  readonly providers: readonly string[];
} {
  const actions = kernels
    .flatMap(({ step }) => decisionsOf(step))
    .flatMap((decision) => (typeof decision === 'object' && 'Do' in decision ? [nextOf(decision, null)] : []))
    .flatMap((next) => (next.type === 'Do' ? [next.action] : []));
  return {
    tools: [...new Set(actions.flatMap((action) => (action.type === 'CallTool' ? [action.tool] : [])))],
    providers: [...new Set(actions.flatMap((action) => (action.type === 'CallLLM' ? [action.provider] : [])))],
  };
}
