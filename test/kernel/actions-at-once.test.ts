import { z } from 'zod';
import { CANCELLED_ERROR } from '../../src/kernel/action';
import { ACTIONS_AT_ONCE_MAX } from '../../src/kernel/action-admission';
import type { AskRules } from '../../src/kernel/ask';
import type { Event } from '../../src/kernel/event';
import type { Json } from '../../src/kernel/json';
import { Machine } from '../../src/kernel/machine';
import { allowAll, allowList, withApproval, withBudget } from '../../src/kernel/policy';
import {
  all,
  callLLM,
  callTool,
  complete,
  interrupt,
  sleep,
  update,
  waitSignal,
  type Next,
} from '../../src/kernel/step';
import { kernelError } from './kernel-error-matcher';
import { CANCEL, event, failure, given, resume, RUN, STEP, STEPS, success, type Move } from './machine-specification';
import { echo, logged, says, verdict } from './said';
import { scriptProgram, START } from './script-program';

const count = (input: Json): Next => callTool('count', input);
const THREE = all(callTool('echo', 1), count(2), sleep(5));
const REQUESTS: readonly Event[] = [
  event.tool(1, 'echo', 1),
  event.tool(2, 'count', 2),
  event.requested(3, { Sleep: { millis: 5 } }),
];
const CONTINUE = { onActionFailed: 'continue' } as const;

describe('several actions at once', () => {
  test('given three, then they are requested together, and all are running', () => {
    const { machine } = given(scriptProgram([THREE]))
      .when(STEP)
      .then(...REQUESTS)
      .andState({ at: 3 })
      .andWaitsFor({
        for: 'actions',
        actions: [
          { actionId: 'run-1', action: { type: 'CallTool', tool: 'echo', input: 1 } },
          { actionId: 'run-2', action: { type: 'CallTool', tool: 'count', input: 2 } },
          { actionId: 'run-3', action: { type: 'Sleep', millis: 5 } },
        ],
      });
    expect(machine.running.map(({ actionId }) => actionId)).toEqual(['run-1', 'run-2', 'run-3']);
    expect(machine.failing).toBe(false);
  });

  const results: readonly Move[] = [success(1, 'one'), success(2, 2), success(3, null)];
  test.each([[[0, 1, 2]], [[0, 2, 1]], [[1, 0, 2]], [[1, 2, 0]], [[2, 0, 1]], [[2, 1, 0]]])(
    'given results in the order %j, then the log has them in the order of the asking, and only when all are there',
    (order) => {
      const [first, second, third] = order.map((index) => results[index] as Move) as [Move, Move, Move];
      given(scriptProgram([THREE]))
        .when(STEP)
        .when(first, second)
        .then()
        .when(third)
        .then(event.succeeded(1, 'one'), event.succeeded(2, 2), event.succeeded(3, null))
        .andWaitsFor({ for: 'step' });
    },
  );

  test('given some results, then only the others are running, and one result is enough', () => {
    const { machine } = given(scriptProgram([THREE])).when(STEP, success(2, 2));
    expect(machine.running.map(({ actionId }) => actionId)).toEqual(['run-1', 'run-3']);
    given(scriptProgram([THREE]))
      .when(STEP, success(2, 2))
      .when(success(2, 3))
      .thenThrows('Driver', 'run-2');
    given(scriptProgram([THREE]))
      .when(STEP)
      .when(success(4, 2))
      .thenThrows('Driver', 'run-4');
  });

  test('given one action in a set, then it is an action like any other', () => {
    given(scriptProgram([all(callTool('echo', 1))]))
      .when(STEP)
      .then(event.tool(1, 'echo', 1))
      .andWaitsFor({ for: 'action', actionId: 'run-1', action: { type: 'CallTool', tool: 'echo', input: 1 } });
  });

  test('given sets and single actions, then `all` joins them, and takes nothing else', () => {
    expect(all(sleep(1), all(sleep(2), sleep(3)))).toEqual({
      type: 'DoAll',
      actions: [1, 2, 3].map((millis) => ({ type: 'Sleep', millis })),
    });
    for (const other of [interrupt('?'), update(1), complete()]) {
      expect(() => all(sleep(1), other)).toThrow(kernelError('Driver'));
    }
  });

  test.each<[string, Next]>([
    ['none', all()],
    ['too many', all(...Array.from({ length: ACTIONS_AT_ONCE_MAX + 1 }, () => sleep(1)))],
    ['a wait for a signal beside another', all(waitSignal('go'), sleep(1))],
  ])('given %s, then the step fails', (_, next) => {
    given(scriptProgram([next]))
      .when(STEP)
      .thenThrows('Driver', 'at once');
  });

  test('given as many as there may be, or a wait for a signal alone, then they are requested', () => {
    const most = given(scriptProgram([all(...Array.from({ length: ACTIONS_AT_ONCE_MAX }, () => sleep(1)))])).when(STEP);
    expect(most.machine.running).toHaveLength(ACTIONS_AT_ONCE_MAX);
    given(scriptProgram([all(waitSignal('go'))]))
      .when(STEP)
      .then(event.requested(1, { WaitSignal: { name: 'go' } }));
  });

  test('given one whose input breaks its schema, or whose tool is not there, then none is requested', () => {
    given(scriptProgram([all(callTool('echo', 1), callTool('none', 1))]))
      .when(STEP)
      .thenThrows('UnknownTool');
    given(scriptProgram([all(sleep(1), sleep(-1))]))
      .when(STEP)
      .thenThrows('Driver');
  });

  test('given values that come meanwhile, then they are read when all have ended', () => {
    given(scriptProgram([all(sleep(1), sleep(2))]))
      .when(STEP)
      .when(resume('a'), success(2, null), resume('b'), success(1, null))
      .then(event.succeeded(1, null), event.succeeded(2, null), event.resumed('a'), event.resumed('b'));
  });
});

describe('when one fails', () => {
  const TWO = all(callTool('echo', 1), callTool('echo', 2));

  test('given one that fails first, then the run is failing, waits for the other, and fails with it in the log', () => {
    const failing = given(scriptProgram([TWO]))
      .when(STEP)
      .when(failure(1, 'boom'))
      .then();
    expect(failing.machine.failing).toBe(true);
    failing
      .when(resume('too late'), success(2, 'done'))
      .then(event.failed(1, 'boom'), event.succeeded(2, 'done'))
      .andEnded({ type: 'failed', actionId: 'run-1', error: 'boom' });
  });

  test('given two that fail, then the run fails with the first in the log, whichever came first', () => {
    given(scriptProgram([TWO]))
      .when(STEP, failure(2, 'second'))
      .when(failure(1, 'first'))
      .then(event.failed(1, 'first'), event.failed(2, 'second'))
      .andEnded({ type: 'failed', actionId: 'run-1', error: 'first' });
  });

  test('given one that was told to stop because the other failed, then the other is why the run fails', () => {
    given(scriptProgram([TWO]))
      .when(STEP, failure(2, 'boom'))
      .when(failure(1, CANCELLED_ERROR))
      .then(event.failed(1, CANCELLED_ERROR), event.failed(2, 'boom'))
      .andEnded({ type: 'failed', actionId: 'run-2', error: 'boom' });
  });

  test('given an output that breaks its schema, then it is a failure like any other', () => {
    const { machine } = given(scriptProgram([all(count(1), count(2))])).when(STEP, success(2, 'much'));
    expect(machine.failing).toBe(true);
  });

  test('given a program that goes on, then failures are in the log and in its state', () => {
    const going = given(scriptProgram([TWO], CONTINUE))
      .when(STEP)
      .when(failure(2, 'boom'))
      .then();
    expect(going.machine.failing).toBe(false);
    going
      .when(success(1, 'done'))
      .then(event.succeeded(1, 'done'), event.failed(2, 'boom'))
      .andWaitsFor({ for: 'step' })
      .andState({
        seen: [
          ['ActionRequested', echo(1)],
          ['ActionRequested', echo(2)],
          ['ActionSucceeded', 'done'],
          ['ActionFailed', 'boom'],
        ],
      });
  });

  test('given a program that chooses, then a failure is fatal by its action and its error', () => {
    const program = scriptProgram([TWO], {
      onActionFailed: (action, error) =>
        action.type === 'CallTool' && action.input === 1 && error === 'small' ? 'continue' : 'fail',
    });
    given(program).when(STEP, failure(1, 'small'), success(2, 0)).andWaitsFor({ for: 'step' });
    given(program)
      .when(STEP, failure(1, 'great'), success(2, 0))
      .andEnded({ type: 'failed', actionId: 'run-1', error: 'great' });
    given(program)
      .when(STEP, failure(1, 'small'), failure(2, 'small'))
      .andEnded({ type: 'failed', actionId: 'run-2', error: 'small' });
  });

  test('given a single action, then the same choice holds', () => {
    given(scriptProgram([callTool('echo', 1)], CONTINUE))
      .when(STEP)
      .when(failure(1, 'boom'))
      .then(event.failed(1, 'boom'))
      .when(STEP)
      .then(event.completed);
  });

  test('given a choice that throws or reads the clock, then the error is typed and the result is not lost', () => {
    const choose = (onActionFailed: () => 'fail'): Machine =>
      given(scriptProgram([TWO], { onActionFailed })).when(STEP, success(1, 1)).machine;
    const broken = choose(() => {
      throw new TypeError('oh');
    });
    expect(() => broken.deliver(failure(2, 'x'))).toThrow(kernelError('Driver'));
    expect(broken.running.map(({ actionId }) => actionId)).toEqual(['run-2']);
    const impure = choose(() => (Date.now() > 0 ? 'fail' : 'fail'));
    expect(() => impure.deliver(failure(2, 'x'))).toThrow(kernelError('DeterminismViolation'));
  });
});

describe('when the run is cancelled', () => {
  test('given actions under way, then all are waited for, and the run ends as cancelled with them in the log', () => {
    given(scriptProgram([all(sleep(1), callTool('echo', 2))]))
      .when(STEP, resume('before'))
      .when(CANCEL)
      .then()
      .when(failure(1, CANCELLED_ERROR))
      .when(resume('after'))
      .thenRefused('RunFinished')
      .when(success(2, 'done'))
      .then(event.failed(1, CANCELLED_ERROR), event.succeeded(2, 'done'))
      .andEnded({ type: 'cancelled' });
  });

  test('given a program that goes on after failures, then what came before the cancel is read', () => {
    given(scriptProgram([all(sleep(1), callTool('echo', 2))], CONTINUE))
      .when(STEP, resume('before'), CANCEL, success(2, 'done'))
      .when(failure(1, CANCELLED_ERROR))
      .then(event.failed(1, CANCELLED_ERROR), event.succeeded(2, 'done'), event.resumed('before'))
      .andEnded({ type: 'cancelled' });
  });
});

describe('when some need an approval', () => {
  const guarded = (script: readonly Next[], rules: AskRules = {}, more: object = {}) =>
    scriptProgram(script, {
      policy: withApproval(allowAll(), { tools: { echo: { reason: 'it echoes', rules } } }),
      ...more,
    });
  const MIXED = all(callTool('echo', 1), count(2), callTool('echo', 3));

  test('given two that need one, then people are asked about one after the other, and then all are requested', () => {
    given(guarded([MIXED]))
      .when(STEPS)
      .then(logged.asks(1, 'it echoes'))
      .when(says('ann', 'approve', 1), STEPS)
      .then(logged.approval(1, 'approved', 1, ['ann', verdict('approve')]), logged.asks(3, 'it echoes'))
      .when(says('bob', verdict('approve', null, 4), 3), STEPS)
      .then(
        logged.approval(3, 'approved', 3, ['bob', verdict('approve', null, 4)], { edited: 4 }),
        event.tool(5, 'echo', 1),
        event.tool(6, 'count', 2),
        event.tool(7, 'echo', 4),
      );
  });

  test('given one that is denied, then it is requested and fails, is not done, and the others are', () => {
    const asked = given(guarded([MIXED])).when(STEPS, says('ann', 'deny', 1), STEPS, says('bob', 'approve', 3));
    const { machine } = asked
      .when(STEPS)
      .then(event.tool(5, 'echo', 1), event.tool(6, 'count', 2), event.tool(7, 'echo', 3));
    expect(machine.running.map(({ actionId }) => actionId)).toEqual(['run-6', 'run-7']);
    given(guarded([MIXED]))
      .when(STEPS, says('ann', 'deny', 1), STEPS, says('bob', 'approve', 3), STEPS)
      .when(success(5, 'done all the same'))
      .thenThrows('Driver', 'run-5');
    given(guarded([MIXED]))
      .when(STEPS, says('ann', 'deny', 1), STEPS, says('bob', 'approve', 3), STEPS, success(7, 'c'))
      .when(success(6, 2))
      .then(event.failed(5, 'denied by ann'), event.succeeded(6, 2), event.succeeded(7, 'c'))
      .andWaitsFor({ for: 'step' });
  });

  test('given that all are denied, then all are requested and fail in one step, and the run goes on', () => {
    given(guarded([all(callTool('echo', 1), callTool('echo', 3))]))
      .when(STEPS, says('ann', 'deny', 1), STEPS, says('bob', verdict('deny', 'dear'), 3))
      .when(STEPS)
      .then(
        event.tool(5, 'echo', 1),
        event.tool(6, 'echo', 3),
        event.failed(5, 'denied by ann'),
        event.failed(6, 'denied by bob: dear'),
        event.completed,
      );
  });

  test('given a denial beside a failure, then the failure alone is the run’s', () => {
    given(guarded([MIXED]))
      .when(STEPS, says('ann', 'deny', 1), STEPS, says('bob', 'approve', 3), STEPS, success(7, 'c'))
      .when(failure(6, 'boom'))
      .then(event.failed(5, 'denied by ann'), event.failed(6, 'boom'), event.succeeded(7, 'c'))
      .andEnded({ type: 'failed', actionId: 'run-6', error: 'boom' });
  });

  test('given two that are alike, then each needs an approval of its own, and one denial denies one', () => {
    const program = guarded([all(callTool('echo', 1), callTool('echo', 1))]);
    given(program)
      .when(STEPS, says('ann', 'approve', 1))
      .when(STEPS)
      .then(logged.asks(1, 'it echoes'));
    const { machine } = given(program).when(STEPS, says('ann', 'approve', 1), STEPS, says('bob', 'deny', 3), STEPS);
    expect(machine.running.map(({ actionId }) => actionId)).toEqual(['run-5']);
  });

  test('given approvals of some, when the run is steered, then people are asked about all again', () => {
    given(guarded([MIXED], {}, { steering: z.json() }))
      .when(STEPS, says('ann', 'approve', 1), STEPS, { type: 'steer', message: 'hm' }, says('bob', 'approve', 3))
      .when(STEPS)
      .then(logged.asks(1, 'it echoes'));
  });

  test('given a log that ends between a denied request and its end, when a machine goes on from it, then it ends there', () => {
    const program = guarded([callTool('echo', 1)]);
    const log = [
      logged.asks(1, 'it echoes'),
      logged.approval(1, 'denied', 1, ['ann', verdict('deny')]),
      event.tool(3, 'echo', 1),
    ];
    given(program, log).when().then(event.failed(3, 'denied by ann')).andWaitsFor({ for: 'step' });
  });
});

describe('what may be spent', () => {
  test('given more tool calls than the budget has left, then none is requested', () => {
    const policy = withBudget(allowAll(), { maxToolCalls: 2 });
    given(scriptProgram([all(callTool('echo', 1), callTool('echo', 2))], { policy }))
      .when(STEP)
      .then(event.tool(1, 'echo', 1), event.tool(2, 'echo', 2));
    given(scriptProgram([all(callTool('echo', 1), callTool('echo', 2), callTool('echo', 3))], { policy }))
      .when(STEP)
      .then()
      .andEnded({
        type: 'denied',
        code: 'BudgetExceeded',
        reason: 'the budget of 2 tool calls is used up: echo is not called',
      });
  });

  test('given one that the policy denies, then none is requested', () => {
    given(scriptProgram([all(callTool('echo', 1), count(2))], { policy: allowList({ tools: ['echo'] }) }))
      .when(STEP)
      .then()
      .andEnded({ type: 'denied', code: 'PolicyDenied', reason: 'tool not allowed: count' });
  });

  test('given models at once, then the tokens of each are counted, in whatever order they end', () => {
    const usage = (totalTokens: number): Json => ({ usage: { totalTokens } });
    const { machine } = given(scriptProgram([all(callLLM('model', 1), callTool('echo', 2), callLLM('model', 3))])).when(
      STEP,
      success(3, usage(30)),
      success(2, usage(500)),
      success(1, usage(7)),
    );
    expect(machine.checkpoint().spent).toEqual({ toolCalls: 1, llmTokens: 37, unmeteredLlmCalls: 0 });
  });
});

test('given some results, when the machine is restored, then it waits for the others and gives the same log', () => {
  const program = scriptProgram([THREE]);
  const { machine } = given(program).when(STEP, success(3, null), success(1, 'one'));
  const restored = Machine.restore(program, JSON.parse(JSON.stringify(machine.checkpoint())) as never);
  expect(restored.running.map(({ actionId }) => actionId)).toEqual(['run-2']);
  restored.deliver(success(2, 2));
  expect(restored.drain().map((entry) => entry.event)).toEqual([
    event.succeeded(1, 'one'),
    event.succeeded(2, 2),
    event.succeeded(3, null),
  ]);
});

test('given a log that ends with a result whose companion has none, when it is replayed, then the failure is not forgotten', () => {
  const program = scriptProgram([all(callTool('echo', 1), callTool('echo', 2))]);
  const log = [event.tool(1, 'echo', 1), event.tool(2, 'echo', 2), event.failed(1, 'boom')];
  const replayed = given(program, log);
  expect(replayed.machine.failing).toBe(true);
  replayed
    .when(resume('meanwhile'), success(2, 'done'))
    .then(event.succeeded(2, 'done'))
    .andEnded({ type: 'failed', actionId: `${RUN}-1`, error: 'boom' });
  expect(Machine.start(program, RUN, START).failing).toBe(false);
});
