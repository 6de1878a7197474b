/** The tool loop as a program: what it asks for next, and what it makes of what comes back. */
import { z } from 'zod';
import { failureWithUsage, hasToolCall, toolLoop, type ToolLoopDefinition } from '../../src/agents';
import { tool, type ArtifactRef, type Json, type ToolContext } from '../../src/kernel';
import { add, Loop } from './told-loop';

const ended = { for: 'nothing', outcome: { type: 'completed' } };
const SUM = { a: 1, b: 2 };

describe('given a loop', () => {
  test('when it starts, then the model gets the instructions and the prompt', () => {
    expect(new Loop().step().calls).toEqual([
      {
        task: 'answer',
        transcript: null,
        entries: [
          { role: 'system', text: 'Add.' },
          { role: 'user', text: 'What is 1 + 2?' },
        ],
        mcpTools: null,
      },
    ]);
  });

  test('when the model calls a tool, then it gets the result, and nothing that it had before', () => {
    const loop = new Loop().step().answer({ call: SUM });
    expect(loop.actions).toEqual([{ type: 'CallTool', tool: 'add', input: SUM }]);
    expect(loop.result(3).calls.at(-1)).toEqual({
      task: 'answer',
      transcript: `sha256:${'1'.padStart(64, '0')}`,
      entries: [{ role: 'tool', callId: 'c1', tool: 'add', result: 3, isError: false }],
      mcpTools: null,
    });
    expect(loop.answer({ text: 'It is 3.' }).machine.waiting).toEqual(ended);
    expect(loop.state).toMatchObject({
      answer: { text: 'It is 3.' },
      end: 'stop',
      spent: { calls: 2, tokens: 20, usd: 1 },
    });
  });

  test('when a tool fails, then its error goes to the model, and the run goes on', () => {
    const loop = new Loop().step().answer({ call: SUM }).fail('Executor: no paper');
    expect(loop.calls.at(-1)).toMatchObject({
      entries: [{ role: 'tool', result: 'Executor: no paper', isError: true }],
    });
  });

  test.each([
    ['has no such tool', { callId: 'c', tool: 'divide', input: SUM, refused: null }, 'there is no tool divide'],
    ['does not fit', { callId: 'c', tool: 'add', input: { a: 'one' }, refused: null }, 'the input does not fit'],
    ['was refused by the worker', { callId: 'c', tool: 'add', input: SUM, refused: 'malformed' }, 'malformed'],
  ])('when a call %s, then it is not made, and the model is told why', (_, call, reason) => {
    const loop = new Loop().step().answer({ calls: [call], finish: 'tool-calls' });
    expect(loop.calls.at(-1)).toMatchObject({
      entries: [{ role: 'tool', callId: 'c', isError: true, result: expect.stringContaining(reason) as string }],
    });
  });

  test('when the model itself fails for good, then so does the run', () => {
    const { machine } = new Loop().step().fail('Executor: no such model');
    expect(machine.waiting).toMatchObject({
      for: 'nothing',
      outcome: { type: 'failed', error: 'Executor: no such model' },
    });
  });

  test('when the answer was cut off, then the run says so', () => {
    expect(new Loop().step().answer({ finish: 'length' }).state.end).toBe('length');
  });

  test('when it is steered while a tool runs, then the model hears of it behind the result', () => {
    const loop = new Loop().step().answer({ call: SUM });
    loop.machine.deliver({ type: 'steer', message: 'in words' });
    expect(loop.result(3).calls.at(-1)?.task === 'answer' && loop.calls.at(-1)).toMatchObject({
      entries: [{ role: 'tool' }, { role: 'user', text: 'in words' }],
    });
  });
});

describe('given several calls at once', () => {
  const calls = ['x', 'y', 'z'].map((callId, at) => ({ callId, tool: 'add', input: { a: at, b: 0 }, refused: null }));

  test('when they are made, then as many at once as are allowed, and the results are in the order of the calls', () => {
    const loop = new Loop({ parallel: 2 }).step().answer({ calls, finish: 'tool-calls' });
    expect(loop.actions).toHaveLength(2);
    const [first, second] = loop.machine.running;
    loop.machine.deliver({ type: 'result', actionId: second!.actionId, result: { type: 'success', output: 1 } });
    loop.machine.deliver({ type: 'result', actionId: first!.actionId, result: { type: 'success', output: 0 } });
    loop.step();
    expect(loop.actions).toHaveLength(1);
    expect(loop.result(2).calls.at(-1)).toMatchObject({
      entries: [
        { callId: 'x', result: 0 },
        { callId: 'y', result: 1 },
        { callId: 'z', result: 2 },
      ],
    });
  });
});

describe('given a call that needs an approval', () => {
  const asking = (): Loop =>
    new Loop({ approvals: { add: { reason: 'sums are serious' } } }).step().answer({ call: SUM });

  test('when it is asked for, then people are asked, with its arguments', () => {
    expect(asking().machine.waiting).toMatchObject({
      for: 'answer',
      ballot: {
        ask: { kind: 'approval', reason: 'sums are serious', action: { CallTool: { tool: 'add', input: SUM } } },
      },
    });
  });

  test('when it is denied, then the model is told', () => {
    const loop = asking().say({ decision: 'deny', reason: 'not today' });
    expect(loop.calls.at(-1)).toMatchObject({
      entries: [{ role: 'tool', isError: true, result: expect.stringContaining('not today') as string }],
    });
  });

  test('when it is edited, then that is done, and the model is told so', () => {
    const loop = asking().say({ decision: 'approve', input: { a: 5, b: 5 } });
    expect(loop.actions).toEqual([{ type: 'CallTool', tool: 'add', input: { a: 5, b: 5 } }]);
    expect(loop.result(10).calls.at(-1)).toMatchObject({
      entries: [
        {
          role: 'tool',
          isError: false,
          result: { note: expect.stringContaining('changed the input') as string, result: 10 },
        },
      ],
    });
  });
});

describe('given a budget', () => {
  const spend = (then: 'ask' | 'stop'): Loop =>
    new Loop({ budget: { tokens: 100, then } }).step().answer({ call: SUM, tokens: 100 }).result(3);

  test('when it is spent, and the program wants it so, then the run ends', () => {
    const loop = spend('stop');
    expect(loop.machine.waiting).toEqual(ended);
    expect(loop.state.end).toBe('budget');
  });

  test('when it is spent and people are asked, then they may grant it once more', () => {
    const loop = spend('ask');
    expect(loop.machine.waiting).toMatchObject({
      for: 'answer',
      ballot: { ask: { kind: 'choice', options: ['go on', 'stop'] } },
    });
    expect(loop.say('go on').calls).toHaveLength(2);
    expect(loop.answer({ call: SUM, tokens: 99 }).result(3).calls).toHaveLength(3);
    expect(loop.answer({ call: SUM, tokens: 1 }).result(3).machine.waiting.for).toBe('answer');
    expect(loop.say('stop').state.end).toBe('budget');
  });
});

describe('given a budget that one call has overspent', () => {
  test('when people grant it once more, then once is enough', () => {
    const loop = new Loop({ budget: { tokens: 10, then: 'ask' } }).step().answer({ call: SUM, tokens: 51 }).result(3);
    expect(loop.say('go on').calls).toHaveLength(2);
  });
});

describe('given attempts that were paid for and failed', () => {
  const failedAttempts = { inputTokens: 60, outputTokens: 30, totalTokens: 90, costUsd: 1 };
  const usage = { inputTokens: 70, outputTokens: 31, totalTokens: 101, costUsd: 1.5, failedAttempts };

  test('when an answer comes at last, then the budget counts them all, and the conversation is no longer for it', () => {
    const loop = new Loop({ budget: { tokens: 100 }, compaction: { afterTokens: 50 } }).step();
    expect(loop.answer({ call: SUM, usage }).result(3).state).toMatchObject({
      end: 'budget',
      spent: { calls: 1, tokens: 101, usd: 1.5 },
      contextTokens: 11,
    });
  });

  test('when the conversation can not be made shorter, then the budget counts what was tried', () => {
    const compaction = { afterTokens: 5 };
    const loop = new Loop({ budget: { tokens: 100 }, compaction }).step().answer({ call: SUM }).result(3);
    expect(loop.calls.at(-1)).toMatchObject({ task: 'compact' });
    loop.fail(`Executor: ${failureWithUsage('model: an empty\nsummary', { ...usage, costUsd: 4e-7 })}`);
    expect(loop.state).toMatchObject({ end: 'budget', spent: { calls: 2, tokens: 111, usd: 0.5 + 4e-7 } });
  });

  test('when there is no answer at all, then the run fails, and its state has what was spent', () => {
    const loop = new Loop().step().fail(`Executor: ${failureWithUsage('model: no', { ...usage, costUsd: null })}`);
    expect(loop.machine.waiting).toMatchObject({
      outcome: { type: 'failed', error: 'Executor: model: no [used 101 tokens]' },
    });
    expect(loop.state.spent).toEqual({ calls: 1, tokens: 101, usd: 0 });
  });

  test.each([
    ['says nothing of it', 'Executor: model: 500 internal'],
    ['quotes somebody who does', 'Executor: model: 400 "[used 101 tokens]"'],
    ['is a person’s', 'Policy error: no [used 101 tokens]'],
  ])('when a failure %s, then nothing was spent', (_, error) => {
    expect(new Loop().step().fail(error).state.spent).toEqual({ calls: 0, tokens: 0, usd: 0 });
  });
});

describe('given a call that is refused between others', () => {
  test('when the others are done, then the results are in the order of the calls', () => {
    const call = (callId: string, tool: string) => ({ callId, tool, input: SUM, refused: null });
    const calls = [call('a', 'add'), call('b', 'divide'), call('c', 'add')];
    const loop = new Loop().step().answer({ calls, finish: 'tool-calls' });
    for (const { actionId } of loop.machine.running) {
      loop.machine.deliver({ type: 'result', actionId, result: { type: 'success', output: 3 } });
    }
    expect(loop.step().calls.at(-1)).toMatchObject({ entries: [{ callId: 'a' }, { callId: 'b' }, { callId: 'c' }] });
  });
});

describe('given a conversation', () => {
  test('when the model has answered, then the run waits for the next message, and null ends it', () => {
    const loop = new Loop({ conversation: true }).step().answer({});
    expect(loop.machine.waiting).toMatchObject({ for: 'action', action: { type: 'WaitSignal', name: 'message' } });
    loop.machine.deliver({ type: 'signal', name: 'message', value: 'and 2 + 2?' });
    expect(loop.step().calls.at(-1)).toMatchObject({ entries: [{ role: 'user', text: 'and 2 + 2?' }] });
    loop.answer({}).machine.deliver({ type: 'signal', name: 'message', value: null });
    expect(loop.step().state.end).toBe('closed');
  });

  test('when a rule stops it, then what the model has not seen goes with the next message', () => {
    const loop = new Loop({ conversation: true, stopWhen: hasToolCall('add') }).step().answer({ call: SUM }).result(3);
    expect(loop.machine.waiting).toMatchObject({ for: 'action', action: { type: 'WaitSignal' } });
    loop.machine.deliver({ type: 'signal', name: 'message', value: 'well?' });
    expect(loop.step().calls.at(-1)).toMatchObject({ entries: [{ role: 'tool' }, { role: 'user', text: 'well?' }] });
  });

  test('when it is long, then it is made shorter before the next answer, as an action of its own', () => {
    const loop = new Loop({ conversation: true, compaction: { afterTokens: 50, keep: 3 } })
      .step()
      .answer({ tokens: 51 });
    loop.machine.deliver({ type: 'signal', name: 'message', value: 'more' });
    const { state } = loop.step();
    expect(loop.calls.at(-1)).toEqual({ task: 'compact', transcript: state.transcript, keep: 3 });
    const shorter = `sha256:${'f'.repeat(64)}`;
    const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2, costUsd: null };
    loop.result({ task: 'compact', transcript: shorter, stored: [], before: 9, after: 4, kept: 3, model: 'm', usage });
    expect(loop.calls.at(-1)).toMatchObject({
      task: 'answer',
      transcript: shorter,
      entries: [{ role: 'user', text: 'more' }],
    });
    expect(loop.state).toMatchObject({ compactions: 1 });
  });

  test('when it can not be made shorter, then it goes on as it is', () => {
    const loop = new Loop({ conversation: true, compaction: { afterTokens: 50 } }).step().answer({ tokens: 51 });
    loop.machine.deliver({ type: 'signal', name: 'message', value: 'more' });
    expect(loop.step().fail('Executor: no').calls.at(-1)).toMatchObject({ task: 'answer' });
  });
});

describe('given tools of MCP servers', () => {
  const descriptors: ArtifactRef = { $artifact: { address: `sha256:${'d'.repeat(64)}`, bytes: 9 } };
  const listed = (): Loop =>
    new Loop({ mcp: ['shop'], approvals: { shop__buy: { reason: 'it costs' } } })
      .step()
      .result({ tools: ['shop__buy', 'shop__look'], descriptors });

  test('when it starts, then they are listed first, and the model is told of them by their artifact', () => {
    expect(listed().calls).toMatchObject([{ mcpTools: descriptors.$artifact.address }]);
  });

  test('when one is called, then through the server, and one that needs an approval is asked about', () => {
    const calls = [{ callId: 'l', tool: 'shop__look', input: { at: 'a' }, refused: null }];
    expect(listed().answer({ calls, finish: 'tool-calls' }).actions).toEqual([
      { type: 'CallTool', tool: 'callMcpTool', input: { name: 'shop__look', arguments: { at: 'a' } } },
    ]);
    const buys = [{ callId: 'b', tool: 'shop__buy', input: {}, refused: null }];
    expect(listed().answer({ calls: buys, finish: 'tool-calls' }).machine.waiting.for).toBe('answer');
  });
});

test('given an approval of a tool that no server has, when the tools are listed, then the program is told broken', () => {
  const loop = new Loop({ mcp: ['shop'], approvals: { shop__buy: { reason: 'it costs' } } }).step();
  const descriptors = { $artifact: { address: `sha256:${'d'.repeat(64)}`, bytes: 9 } };
  expect(() => loop.result({ tools: ['shop__purchase'], descriptors })).toThrow(
    'shop__buy needs an approval, and no MCP server has it',
  );
});

describe('given what a tool gives back', () => {
  const keeping = { kept: [] as [Json, boolean][] };
  const context = {
    artifacts: {
      put: (value: Json, { secret = false } = {}) => {
        keeping.kept.push([value, secret]);
        return Promise.resolve({ $artifact: { address: `sha256:${'e'.repeat(64)}`, bytes: 1 } });
      },
      get: () => Promise.reject(new Error('not asked')),
    },
  } as unknown as ToolContext;
  const speak = (length: number, broken = false): typeof add =>
    tool({
      input: z.any(),
      output: z.string(),
      run: () => {
        if (broken) throw new Error('the password is hunter2');
        return 'x'.repeat(length);
      },
    }) as unknown as typeof add;
  const toolOf = (given: typeof add, secrets: readonly string[] = []) =>
    toolLoop({ name: 'loop', model: 'main', instructions: '', tools: { speak: given }, secrets }).tools['speak']!;

  test('when it is short, then it is in the log; when it is long, then an artifact is', async () => {
    expect(await toolOf(speak(9)).run!({} as never, context)).toBe('xxxxxxxxx');
    expect(await toolOf(speak(9_999)).run!({} as never, context)).toHaveProperty('$artifact');
    expect(keeping.kept.splice(0)).toEqual([['x'.repeat(9_999), false]]);
  });

  test('when it is secret, then it is an artifact however short it is, and an error tells nothing', async () => {
    expect(await toolOf(speak(9), ['speak']).run!({} as never, context)).toHaveProperty('$artifact');
    expect(keeping.kept.splice(0)).toEqual([['xxxxxxxxx', true]]);
    await expect(toolOf(speak(9, true), ['speak']).run!({} as never, context)).rejects.toThrow(
      'speak failed; why is secret',
    );
    await expect(toolOf(speak(9), ['speak']).run!({} as never, { artifacts: null } as ToolContext)).rejects.toThrow(
      'store of artifacts',
    );
  });
});

test.each<[string, Partial<ToolLoopDefinition>, string]>([
  ['a tool that models can not name', { tools: { 'a b': add } }, 'a tool "a b"'],
  ['a tool of the model’s name', { tools: { main: add } }, 'main is taken'],
  ['a secret that is no tool', { secrets: ['nothing'] }, "nothing can't be secret"],
  ['an approval of nothing', { approvals: { nothing: { reason: '' } } }, 'no tool nothing'],
  ['a server with a bad name', { mcp: ['a__b'] }, 'MCP server'],
  ['a budget of nothing', { budget: { calls: 0 } }, 'a budget of 0 calls'],
  ['a tool of a server’s name', { mcp: ['shop'], tools: { shop__look: add } }, 'the tool shop__look'],
  ['endless instructions', { instructions: 'é'.repeat(65_536) }, '131074 bytes: 131072 are possible'],
  ['too many calls at once', { parallel: 101 }, '1 to 100'],
])('given a definition with %s, then it is refused', (_, definition, message) => {
  expect(() => new Loop(definition)).toThrow(
    expect.objectContaining({ code: 'InvalidProgram', message: expect.stringContaining(message) as string }) as Error,
  );
});
