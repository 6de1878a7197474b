import type { Event } from '../../src/kernel/event';
import { KernelError } from '../../src/kernel/error';
import type { Json } from '../../src/kernel/json';
import { Kernel } from '../../src/kernel/kernel';
import { allowList } from '../../src/kernel/policy';
import {
  decodeEffect,
  effectOf,
  encodeEffect,
  noopEffectSink,
  type EffectSink,
  type RuntimeEffect,
} from '../../src/kernel/runtime-effect';
import { callLLM, callTool, interrupt, update, type Next } from '../../src/kernel/step';
import { MemoryStore } from '../../src/stores/memory-store';
import { kernelError } from './kernel-error-matcher';
import { event, RUN } from './machine-specification';
import { scriptProgram, START } from './script-program';
import { ScriptedExecutor, succeeds } from './scripted-executor';

interface Watched {
  readonly kernel: Kernel;
  readonly store: MemoryStore;
  readonly effects: RuntimeEffect[];
}

function watch(script: readonly Next[], changes: Parameters<typeof scriptProgram>[1] = {}): Watched {
  const store = new MemoryStore();
  const effects: RuntimeEffect[] = [];
  const kernel = new Kernel({
    program: scriptProgram(script, changes),
    events: store,
    executor: new ScriptedExecutor([succeeds(1), succeeds(2)]),
    effects: { record: (_, effect) => effects.push(effect) },
  });
  return { kernel, store, effects };
}

describe("the specification's own tests", () => {
  test('runtime_effect_llm_call_roundtrip', () => {
    const effect: RuntimeEffect = { type: 'LLMCall', provider: 'openai', input: { model: 'gpt-4' } };
    expect(decodeEffect(encodeEffect(effect))).toEqual(effect);
  });

  test('noop_effect_sink_accepts_all', () => {
    expect(() => {
      noopEffectSink.record('test-run', { type: 'StateWrite', stepId: null, payload: null });
    }).not.toThrow();
  });

  test('effect_sink_can_count', () => {
    let count = 0;
    const sink: EffectSink = { record: () => (count += 1) };
    sink.record('test-run', { type: 'ToolCall', tool: 't', input: null });
    sink.record('test-run', { type: 'InterruptRaise', value: true });
    expect(count).toBe(2);
  });
});

test('given a run, then its effects are recorded in the order of its log', async () => {
  const write: Json = { at: 1, seen: [] };
  const { kernel, effects } = watch([
    callTool('echo', 1),
    callLLM('model', 'hello'),
    update(write, 'write'),
    interrupt('go?'),
  ]);
  await kernel.runUntilBlocked(RUN, START);
  expect(effects).toEqual([
    { type: 'ToolCall', tool: 'echo', input: 1 },
    { type: 'LLMCall', provider: 'model', input: 'hello' },
    { type: 'StateWrite', stepId: 'write', payload: write },
    { type: 'InterruptRaise', value: 'go?' },
  ]);
});

test('given a run that goes on, then the effects of its earlier events are not recorded again', async () => {
  const { kernel, effects } = watch([callTool('echo', 1), interrupt('go?')]);
  await kernel.runUntilBlocked(RUN, START);
  await kernel.resume(RUN, START, { type: 'resume', value: 'yes' });
  expect(effects.map(({ type }) => type)).toEqual(['ToolCall', 'InterruptRaise']);
});

test('given an action that the policy denies, then no effect is recorded', async () => {
  const { kernel, effects } = watch([callTool('echo', 1)], { policy: allowList({ tools: [] }) });
  await expect(kernel.runUntilBlocked(RUN, START)).rejects.toEqual(kernelError('PolicyDenied'));
  expect(effects).toEqual([]);
});

test('given an append that fails, then no effect is recorded', async () => {
  const { kernel, store, effects } = watch([callTool('echo', 1)]);
  store.append = () => Promise.reject(new KernelError('EventStore', 'full'));
  await expect(kernel.runUntilBlocked(RUN, START)).rejects.toEqual(kernelError('EventStore'));
  expect(effects).toEqual([]);
});

test.each<readonly [string, Event]>([
  ['ActionSucceeded', event.succeeded(1, 1)],
  ['ActionFailed', event.failed(1, 'x')],
  ['Resumed', event.resumed(1)],
  ['Completed', event.completed],
  ['ActionRequested of a sleep', { type: 'ActionRequested', actionId: 'a', payload: { Sleep: { millis: 1 } } }],
])('given %s, then it has no effect', (_, one) => {
  expect(effectOf(one)).toBeNull();
});

test.each<readonly [RuntimeEffect, string]>([
  [{ type: 'LLMCall', provider: 'p', input: 1 }, '{"LLMCall":{"provider":"p","input":1}}'],
  [{ type: 'ToolCall', tool: 't', input: 1 }, '{"ToolCall":{"tool":"t","input":1}}'],
  [{ type: 'StateWrite', stepId: null, payload: 1 }, '{"StateWrite":{"step_id":null,"payload":1}}'],
  [{ type: 'InterruptRaise', value: 1 }, '{"InterruptRaise":{"value":1}}'],
])('given %j, then its wire form is what the reference prints', (effect, text) => {
  expect(JSON.stringify(encodeEffect(effect))).toBe(text);
  expect(decodeEffect(JSON.parse(text))).toEqual(effect);
});

test.each<readonly [string, unknown]>([
  ['null', null],
  ['a text', 'ToolCall'],
  ['no kind', {}],
  ['two kinds', { ToolCall: { tool: 't', input: 1 }, InterruptRaise: { value: 1 } }],
  ['a kind that nobody knows', { Sneeze: {} }],
  ['a kind that every object has', { toString: {} }],
  ['no body', { ToolCall: null }],
  ['no input', { ToolCall: { tool: 't' } }],
  ['a tool that is no text', { ToolCall: { tool: 1, input: 1 } }],
  ['a step that is no text', { StateWrite: { step_id: 1, payload: 1 } }],
  ['members that are only inherited', { InterruptRaise: Object.create({ value: 1 }) as unknown }],
])('given %s, then it is no effect', (_, wire) => {
  expect(() => decodeEffect(wire)).toThrow(kernelError('InvalidEvent'));
});

test('given a member that every object has been taught, then it is not read', () => {
  Object.defineProperty(Object.prototype, 'value', { value: 1, configurable: true });
  try {
    expect(() => decodeEffect({ InterruptRaise: {} })).toThrow(kernelError('InvalidEvent'));
  } finally {
    delete (Object.prototype as { value?: unknown }).value;
  }
});
