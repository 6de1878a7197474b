/** A tool loop whose model and tools answer what they are told to, in turn: the machine alone, without a worker. */
import { z } from 'zod';
import {
  toolLoop,
  type Answer,
  type Entry,
  type ModelCall,
  type ToolLoopDefinition,
  type ToolLoopState,
} from '../../src/agents';
import { tool, type Action, type Json } from '../../src/kernel';
import { Machine } from '../../src/kernel/machine';

const RUN = 'a-loop';
export const add = tool({
  input: z.object({ a: z.number(), b: z.number() }),
  output: z.number(),
  run: ({ a, b }) => a + b,
});

/** Told what comes back of each action, step by step. */
export class Loop {
  readonly machine: Machine;
  readonly calls: ModelCall[] = [];
  #answers = 0;

  constructor(definition: Partial<ToolLoopDefinition> = {}, prompt = 'What is 1 + 2?') {
    const program = toolLoop({ name: 'loop', model: 'main', instructions: 'Add.', tools: { add }, ...definition });
    this.machine = Machine.start(program, RUN, { prompt });
  }

  get state(): ToolLoopState {
    return this.machine.state as unknown as ToolLoopState;
  }

  get actions(): readonly Action[] {
    return this.machine.running.map(({ action }) => action);
  }

  /** What the last model call added to the conversation. */
  get entries(): readonly Entry[] {
    const call = this.calls.at(-1);
    return call?.task === 'answer' ? call.entries : [];
  }

  /** Takes steps until something is to be done outside; a model call is noted. */
  step(): this {
    while (this.machine.waiting.for === 'step') this.machine.advance();
    const [action] = this.actions;
    if (action?.type === 'CallLLM') this.calls.push(action.input as unknown as ModelCall);
    return this;
  }

  answer(answer: Partial<Answer> & { readonly call?: Json; readonly tokens?: number }): this {
    this.#answers += 1;
    const { call, tokens = 10, ...more } = answer;
    const calls = call === undefined ? [] : [{ callId: `c${this.#answers}`, tool: 'add', input: call, refused: null }];
    return this.result({
      task: 'answer',
      transcript: `sha256:${String(this.#answers).padStart(64, '0')}`,
      stored: [],
      text: '3',
      calls,
      finish: calls.length > 0 ? 'tool-calls' : 'stop',
      model: 'm',
      usage: { inputTokens: tokens, outputTokens: 0, totalTokens: tokens, costUsd: 0.5 },
      ...more,
    });
  }

  result(output: unknown): this {
    const [running] = this.machine.running;
    this.machine.deliver({
      type: 'result',
      actionId: running!.actionId,
      result: { type: 'success', output: output as Json },
    });
    return this.step();
  }

  fail(error: string): this {
    const [running] = this.machine.running;
    this.machine.deliver({ type: 'result', actionId: running!.actionId, result: { type: 'failure', error } });
    return this.step();
  }

  say(value: Json): this {
    const { waiting } = this.machine;
    const interruptId = waiting.for === 'answer' ? waiting.interruptId : undefined;
    expect(this.machine.deliver({ type: 'resume', value, interruptId })).toBeNull();
    return this.step();
  }
}
