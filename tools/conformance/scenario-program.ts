/**
 * A scenario's steps, reducer and policy as a program. Scripted steps count their calls, as the reference interpreter's do, so
 * each kernel of a scenario needs a program of its own.
 */
import { decodeAction } from '../../src/kernel/action';
import { KernelError } from '../../src/kernel/error';
import type { Event } from '../../src/kernel/event';
import { decodeEvent } from '../../src/kernel/event-wire';
import { isPlainObject, sealJson, type Json } from '../../src/kernel/json';
import { allowAll, allowList, retryWithBackoff, withBudget, type Policy } from '../../src/kernel/policy';
import type { Program } from '../../src/kernel/program';
import { stateUpdatedOnlyReducer, type Reducer } from '../../src/kernel/reducer';
import { complete, interrupt, update, type Next } from '../../src/kernel/step';
import { expand, type Decision, type PolicySetup, type Rule, type Setup, type StepSetup } from './scenario';
import { readState } from './typed-state';

type JsonObject = Readonly<Record<string, Json>>;

/** The program of one kernel of a scenario. */
export function scenarioProgram(
  setup: Setup,
  step: StepSetup = setup.step ?? {},
  policy: PolicySetup = setup.policy ?? { type: 'AllowAll' },
): Program {
  const reducer = reducerOf(setup);
  return {
    name: 'scenario',
    version: 1,
    policy: policyOf(policy),
    initialState: sealJson,
    step: stepFunction(step),
    reduce: (state, event, seq) => sealJson(reducer(state, event, seq)),
    checkAction: () => undefined,
    readOutput: (_action, output) => ({ type: 'success', output }),
    readAnswer: (value) => ({ ok: true, value: sealJson(value) }),
    awaitsSignal: () => false,
    readSignal: (_name, value) => ({ ok: true, value: sealJson(value) }),
  };
}

/** The reducer that a scenario names, for states of the type that it names. */
export function reducerOf({ reducer, state_type: type }: Setup): Reducer {
  const reduce: Reducer = reducer === 'Fold' ? fold : stateUpdatedOnlyReducer;
  return (state, event, seq) => readState(type, reduce(state, event, seq));
}

/** Keeps what every event says in the state, each under a key of its own. */
function fold(state: Json, event: Event): Json {
  if (event.type === 'StateUpdated') return event.payload;
  const before = objectOf(state);
  switch (event.type) {
    case 'ActionRequested':
      return { ...before, pending: event.actionId };
    case 'ActionSucceeded':
      return { ...before, pending: null, last_output: event.output, actions: countOf(before, 'actions') + 1 };
    case 'ActionFailed':
      return { ...before, pending: null, last_error: event.error };
    case 'Interrupted':
      return { ...before, waiting: true, asked: event.value };
    case 'Resumed':
      return { ...before, waiting: false, answer: event.value, answers: countOf(before, 'answers') + 1 };
    case 'Completed':
      return { ...before, done: true };
  }
}

/** What is no object becomes an empty one. */
function objectOf(state: Json): JsonObject {
  return isPlainObject(state) ? state : {};
}

function countOf(state: JsonObject, key: string): number {
  const count = Object.hasOwn(state, key) ? state[key] : undefined;
  return typeof count === 'number' && count >= 0 ? count : 0;
}

/** The policy that a scenario describes. */
export function policyOf(setup: PolicySetup): Policy {
  switch (setup.type) {
    case 'AllowAll':
      return allowAll();
    case 'Budget':
      return withBudget(allowAll(), { maxToolCalls: setup.max_tool_calls });
    case 'AllowList':
      return allowList(setup);
    case 'RetryWithBackoff':
      return retryWithBackoff(policyOf(setup.inner), {
        maxRetries: setup.max_retries,
        backoffBaseMs: setup.backoff_base_ms,
        ...(setup.backoff_cap_ms === undefined || setup.backoff_cap_ms === null
          ? {}
          : { backoffCapMs: setup.backoff_cap_ms }),
        jitterRatio: setup.jitter_ratio ?? 0,
      });
  }
}

function stepFunction(setup: StepSetup): (state: Json) => Next {
  const script = expand(setup.script ?? []);
  let calls = 0;
  return (state) => {
    const call = calls;
    calls += 1;
    if (setup.max_calls !== undefined && call >= setup.max_calls) {
      throw new KernelError('Driver', 'harness: max step calls reached');
    }
    const decision = setup.rules === undefined ? (script[call] ?? setup.then) : ruleFor(setup.rules, state);
    return nextOf(decision ?? 'Complete', state);
  };
}

/** What the first rule that matches a state decides. */
export function ruleFor(rules: readonly Rule[], state: Json): Decision | undefined {
  return rules.find((rule) => matches(rule, state))?.then;
}

function matches(rule: Rule, state: Json): boolean {
  if (rule.at === undefined) return true;
  const value = valueAt(state, rule.at);
  if (rule.eq !== undefined) return JSON.stringify(value) === JSON.stringify(rule.eq);
  if (rule.lt !== undefined) return (Number.isInteger(value) ? (value as number) : 0) < rule.lt;
  return (rule.exists ?? true) === (value !== null);
}

/** The value that a JSON pointer names; null where there is none. */
function valueAt(state: Json, pointer: string): Json {
  let value: Json | undefined = state;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return null;
    value = (value as JsonObject)[key];
  }
  return value ?? null;
}

/** A decision as the machine takes it. */
export function nextOf(decision: Decision, state: Json): Next {
  if (decision === 'Complete') return complete();
  // Whatever kinds a scenario emits reach the machine: refusing some is the machine's affair.
  if ('Emit' in decision) return { type: 'Emit', events: decision.Emit.map(decodeEvent) as never };
  if ('Do' in decision) return { type: 'Do', action: decodeAction(decision.Do) };
  if ('Interrupt' in decision) return interrupt(decision.Interrupt);
  if ('EmitAdd' in decision) {
    const { key, by = 1, step_id: stepId = null } = decision.EmitAdd;
    const before = objectOf(state);
    const count = Object.hasOwn(before, key) && Number.isInteger(before[key]) ? (before[key] as number) : 0;
    return update({ ...before, [key]: count + by }, stepId);
  }
  if ('EmitSet' in decision) {
    const { key, value, step_id: stepId = null } = decision.EmitSet;
    return update({ ...objectOf(state), [key]: value }, stepId);
  }
  if ('Driver' in decision.Err) throw new KernelError('Driver', decision.Err.Driver);
  throw new KernelError('Executor', decision.Err.Executor.message);
}
