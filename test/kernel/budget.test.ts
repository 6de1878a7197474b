/** Budgets hold: what a run spent is counted from its log, in whatever pieces it was run. */
import { ActionFailed } from '../../src/kernel/action';
import { llmTokensOf, NOTHING_SPENT, spentIn, type BudgetRules } from '../../src/kernel/budget';
import type { Json } from '../../src/kernel/json';
import { Kernel } from '../../src/kernel/kernel';
import {
  allowAll,
  allowList,
  retryWithBackoff,
  withBudget,
  type Policy,
  type PolicyCtx,
} from '../../src/kernel/policy';
import { callLLM, callTool, interrupt, sleep, type Next } from '../../src/kernel/step';
import { MemoryStore } from '../../src/stores/memory-store';
import { kernelError } from './kernel-error-matcher';
import { RUN } from './machine-specification';
import { scriptProgram, START } from './script-program';
import { fails, ScriptedExecutor, succeeds, throws, type Answer } from './scripted-executor';

const TOOL = callTool('echo', null);
const MODEL = callLLM('model', 'hello');
const used = (totalTokens: number): Answer => succeeds({ text: 'hi', usage: { totalTokens } });

interface Run {
  readonly kernel: Kernel;
  readonly executor: ScriptedExecutor;
  readonly store: MemoryStore;
}

function runOf(script: readonly Next[], policy: Policy, answers: readonly Answer[], store = new MemoryStore()): Run {
  const executor = new ScriptedExecutor(answers);
  const program = scriptProgram(script, { policy });
  const pause = (): Promise<void> => Promise.resolve();
  return { kernel: new Kernel({ program, events: store, snapshots: store, executor, pause }), executor, store };
}

const within = (rules: BudgetRules): Policy => withBudget(allowAll(), rules);

describe('tool calls', () => {
  test('given a budget of two, when the program asks for a third, then the run ends before it is requested', async () => {
    const { kernel, executor, store } = runOf([TOOL, TOOL, TOOL], within({ maxToolCalls: 2 }), [
      succeeds(1),
      succeeds(2),
    ]);
    await expect(kernel.runUntilBlocked(RUN, START)).rejects.toThrow(
      'Policy error: the budget of 2 tool calls is used up: echo is not called',
    );
    expect(executor.calls).toHaveLength(2);
    expect(await store.head(RUN)).toBe(4);
  });

  test('given a budget that is just enough, then the run completes', async () => {
    const { kernel } = runOf([TOOL, TOOL], within({ maxToolCalls: 2 }), [succeeds(1), succeeds(2)]);
    expect(await kernel.runUntilBlocked(RUN, START)).toEqual({ status: 'completed' });
  });

  test('given attempts that are tried again, then the action counts once', async () => {
    const policy = withBudget(retryWithBackoff(allowAll(), { maxRetries: 3, backoffBaseMs: 0 }), { maxToolCalls: 1 });
    const again = throws(new ActionFailed('transient', 'busy'));
    const { kernel, executor } = runOf([TOOL], policy, [again, again, succeeds(1)]);
    expect(await kernel.runUntilBlocked(RUN, START)).toEqual({ status: 'completed' });
    expect(executor.calls).toHaveLength(3);
  });

  test('given models, sleeps and waits, then none of them is a tool call', async () => {
    const { kernel } = runOf([MODEL, sleep(1), TOOL], within({ maxToolCalls: 1 }), [
      used(1),
      succeeds(null),
      succeeds(1),
    ]);
    expect(await kernel.runUntilBlocked(RUN, START)).toEqual({ status: 'completed' });
  });

  test('given a budget of none, then the first call is refused', async () => {
    const { kernel, store } = runOf([TOOL], within({ maxToolCalls: 0 }), []);
    await expect(kernel.runUntilBlocked(RUN, START)).rejects.toThrow(kernelError('BudgetExceeded'));
    expect(await store.head(RUN)).toBe(0);
  });
});

describe('tokens', () => {
  test('given calls that use up the budget, then the call that goes beyond ends, and the next is refused', async () => {
    const { kernel, executor } = runOf([MODEL, MODEL, MODEL], within({ maxLlmTokens: 100 }), [used(60), used(60)]);
    await expect(kernel.runUntilBlocked(RUN, START)).rejects.toThrow(
      'the budget of 100 LLM tokens is used up (120 spent): model is not called',
    );
    expect(executor.calls).toHaveLength(2);
  });

  test('given an output that says nothing of tokens, then the next call is refused, and the error says what to do', async () => {
    const { kernel } = runOf([MODEL, MODEL], within({ maxLlmTokens: 100 }), [succeeds('hi'), used(1)]);
    await expect(kernel.runUntilBlocked(RUN, START)).rejects.toThrow('let the provider return usage.totalTokens');
  });

  test('given no budget of tokens, then an output may be silent about them', async () => {
    const { kernel } = runOf([MODEL, MODEL], within({ maxToolCalls: 0 }), [succeeds('hi'), succeeds('ho')]);
    expect(await kernel.runUntilBlocked(RUN, START)).toEqual({ status: 'completed' });
  });

  test("given a tool's output that speaks of tokens, then it is not counted", async () => {
    const { kernel } = runOf([TOOL, MODEL], within({ maxLlmTokens: 10 }), [used(1_000), used(1)]);
    expect(await kernel.runUntilBlocked(RUN, START)).toEqual({ status: 'completed' });
  });

  test.each<[string, Json, number | null]>([
    ["the AI SDK's total", { usage: { inputTokens: 1, outputTokens: 2, totalTokens: 7 } }, 7],
    ['a total in snake case', { usage: { total_tokens: 7 } }, 7],
    ['parts without a total', { usage: { inputTokens: 3, outputTokens: 4 } }, 7],
    ['parts in snake case', { usage: { input_tokens: 3, output_tokens: 4 } }, 7],
    ["the completions protocol's parts", { usage: { prompt_tokens: 3, completion_tokens: 4 } }, 7],
    ['one part only', { usage: { inputTokens: 3 } }, null],
    ['a total that is no count', { usage: { totalTokens: -1 } }, null],
    ['a total that is a text', { usage: { totalTokens: '7' } }, null],
    ['no usage', { text: 'hi' }, null],
    ['no object', 'hi', null],
    ['a usage that is null', { usage: null }, null],
  ])('given %s, then the tokens are read', (_, output, tokens) => {
    expect(llmTokensOf(output)).toBe(tokens);
  });
});

describe('whatever happens to the process', () => {
  test('given a run that goes on in another kernel from a snapshot, then what it spent before counts', async () => {
    const script = [TOOL, interrupt('go on?'), TOOL];
    const first = runOf(script, within({ maxToolCalls: 1 }), [succeeds(1)]);
    expect(await first.kernel.runUntilBlocked(RUN, START)).toMatchObject({ status: 'blocked' });
    const second = runOf(script, within({ maxToolCalls: 1 }), [succeeds(2)], first.store);
    await expect(second.kernel.resume(RUN, START, { type: 'resume', value: 'yes' })).rejects.toThrow(
      kernelError('BudgetExceeded'),
    );
    expect(second.executor.calls).toEqual([]);
  });

  test('given a log, then what was spent is a function of it', async () => {
    const { kernel, store } = runOf([TOOL, MODEL, TOOL], allowAll(), [succeeds(1), used(5), fails('no')]);
    await kernel.runUntilBlocked(RUN, START);
    expect(spentIn(RUN, await store.scan(RUN, 1))).toEqual({ toolCalls: 2, llmTokens: 5, unmeteredLlmCalls: 0 });
    expect(spentIn(RUN, [])).toEqual(NOTHING_SPENT);
  });
});

describe('policies around policies', () => {
  test('given two budgets, then the lower limit of each kind holds', () => {
    const policy = withBudget(within({ maxToolCalls: 5, maxLlmTokens: 10 }), { maxToolCalls: 3, maxLlmTokens: 20 });
    expect(policy.budget?.()).toEqual({ maxToolCalls: 3, maxLlmTokens: 10 });
    expect(withBudget(within({ maxToolCalls: 1 }), { maxLlmTokens: 2 }).budget?.()).toEqual({
      maxToolCalls: 1,
      maxLlmTokens: 2,
    });
  });

  test('given a retry policy around a budget, then the budget holds', async () => {
    const policy = retryWithBackoff(within({ maxToolCalls: 1 }), { maxRetries: 1, backoffBaseMs: 0 });
    const { kernel } = runOf([TOOL, TOOL], policy, [succeeds(1), succeeds(2)]);
    await expect(kernel.runUntilBlocked(RUN, START)).rejects.toThrow(kernelError('BudgetExceeded'));
  });

  test('given an action that the inner policy denies, then it is denied, whatever the budget', async () => {
    const { kernel } = runOf([TOOL], withBudget(allowList({}), { maxToolCalls: 0 }), []);
    await expect(kernel.runUntilBlocked(RUN, START)).rejects.toThrow(kernelError('PolicyDenied'));
  });

  test("given a policy of one's own, then it is told what the run has spent", async () => {
    const told: PolicyCtx[] = [];
    const policy: Policy = {
      ...allowAll(),
      authorize: (_runId, _action, ctx) => {
        told.push(ctx);
        return { type: 'allow' };
      },
    };
    await runOf([TOOL, MODEL, TOOL], policy, [succeeds(1), used(5), succeeds(2)]).kernel.runUntilBlocked(RUN, START);
    expect(told.map(({ spent }) => [spent.toolCalls, spent.llmTokens])).toEqual([
      [0, 0],
      [1, 0],
      [1, 5],
    ]);
  });

  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('given a limit of %p, then it is refused', (limit) => {
    expect(() => withBudget(allowAll(), { maxToolCalls: limit })).toThrow(kernelError('InvalidProgram'));
  });
});
