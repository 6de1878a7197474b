/**
 * Runtime effects: what a run does to the world and to its state, for whoever watches.
 *
 * Source: Oris kernel, `runtime_effect`. An effect belongs to an event and is recorded once that event is in the log: unlike
 * in the reference, an action that the policy denies and an event that could not be appended leave no effect.
 */
import { decodeAction } from './action';
import { KernelError, messageOf } from './error';
import type { Event } from './event';
import type { RunId, StepId } from './identity';
import { isPlainObject, sealJson, type Json } from './json';

/** One effect. */
export type RuntimeEffect =
  | { readonly type: 'LLMCall'; readonly provider: string; readonly input: Json }
  | { readonly type: 'ToolCall'; readonly tool: string; readonly input: Json }
  | { readonly type: 'StateWrite'; readonly stepId: StepId | null; readonly payload: Json }
  | { readonly type: 'InterruptRaise'; readonly value: Json };

/** Is told of every effect, in the order of the log. */
export interface EffectSink {
  /** Records an effect. It must not throw: what it is told of has happened. */
  record(runId: RunId, effect: RuntimeEffect): void;
}

/** A sink that keeps nothing. */
export const noopEffectSink: EffectSink = { record: () => undefined };

/**
 * The effect that an event stands for; null for an event that stands for none.
 *
 * @throws KernelError `InvalidEvent` for a request whose payload is no action
 */
export function effectOf(event: Event): RuntimeEffect | null {
  switch (event.type) {
    case 'StateUpdated':
      return { type: 'StateWrite', stepId: event.stepId, payload: event.payload };
    case 'ActionRequested': {
      const action = decodeAction(event.payload);
      if (action.type === 'CallTool') return { type: 'ToolCall', tool: action.tool, input: action.input };
      if (action.type === 'CallLLM') return { type: 'LLMCall', provider: action.provider, input: action.input };
      return null;
    }
    case 'Interrupted':
      return { type: 'InterruptRaise', value: event.value };
    default:
      return null;
  }
}

/** An effect's wire form: externally tagged JSON, as the specification has it. */
export function encodeEffect(effect: RuntimeEffect): Json {
  switch (effect.type) {
    case 'LLMCall':
      return { LLMCall: { provider: effect.provider, input: effect.input } };
    case 'ToolCall':
      return { ToolCall: { tool: effect.tool, input: effect.input } };
    case 'StateWrite':
      return { StateWrite: { step_id: effect.stepId, payload: effect.payload } };
    case 'InterruptRaise':
      return { InterruptRaise: { value: effect.value } };
  }
}

/**
 * Reads an effect's wire form.
 *
 * @throws KernelError `InvalidEvent`
 */
export function decodeEffect(wire: unknown): RuntimeEffect {
  const [tag, ...more] = isPlainObject(wire) ? Object.keys(wire) : [];
  const body = isPlainObject(wire) && tag !== undefined && more.length === 0 ? wire[tag] : undefined;
  const memberOf = (field: string): unknown =>
    isPlainObject(body) && Object.hasOwn(body, field) ? body[field] : undefined;
  const json = (field: string): Json => {
    try {
      return sealJson(memberOf(field));
    } catch (error) {
      throw new KernelError('InvalidEvent', `${tag}.${field}: ${messageOf(error)}`);
    }
  };
  const text = (field: string): string => {
    const value = json(field);
    if (typeof value === 'string') return value;
    throw new KernelError('InvalidEvent', `${tag}.${field} is not a text`);
  };
  switch (tag) {
    case 'LLMCall':
      return { type: 'LLMCall', provider: text('provider'), input: json('input') };
    case 'ToolCall':
      return { type: 'ToolCall', tool: text('tool'), input: json('input') };
    case 'StateWrite':
      return {
        type: 'StateWrite',
        stepId: (memberOf('step_id') ?? null) === null ? null : text('step_id'),
        payload: json('payload'),
      };
    case 'InterruptRaise':
      return { type: 'InterruptRaise', value: json('value') };
    default:
      throw new KernelError('InvalidEvent', 'an effect is an object with one member, which names its kind');
  }
}
