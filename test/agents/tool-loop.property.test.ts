/** Whatever comes in between — messages, denials, failures, edits, budgets, pauses, a cancel — the model is shown a legal conversation. */
import fc from 'fast-check';
import { z } from 'zod';
import {
  anyOf,
  GO_ON,
  hasToolCall,
  MESSAGE_SIGNAL,
  stepCountIs,
  STOP,
  toolLoop,
  type ModelCall,
} from '../../src/agents';
import type { Action, ActionResult, DefinedProgram, Json } from '../../src/kernel';
import { tool } from '../../src/kernel';
import { Machine } from '../../src/kernel/machine';
import { statusOf } from '../../src/kernel/run-status';
import { FakeModel, type Reply } from './fake-model';

const RUN = 'a-loop';
const DESCRIPTORS = { $artifact: { address: `sha256:${'0'.repeat(64)}`, bytes: 2 } };

/** Most things that happen to one run. */
const HAPPENINGS_MAX = 60;

interface Shape {
  readonly isConversation: boolean;
  readonly hasMcp: boolean;
  readonly asksForMore: boolean;
  readonly calls: number;
  readonly keep: number | null;
  readonly parallel: number;
  readonly steps: number;
}

const anyShape: fc.Arbitrary<Shape> = fc.record({
  isConversation: fc.boolean(),
  hasMcp: fc.boolean(),
  asksForMore: fc.boolean(),
  calls: fc.integer({ min: 1, max: 12 }),
  keep: fc.option(fc.integer({ min: 1, max: 5 })),
  parallel: fc.integer({ min: 1, max: 3 }),
  steps: fc.integer({ min: 1, max: 9 }),
});

const count = tool({ input: z.object({ of: z.number() }), output: z.number() });

function loopOf({ isConversation, hasMcp, asksForMore, calls, keep, parallel, steps }: Shape): DefinedProgram {
  return toolLoop({
    name: 'loop',
    model: 'main',
    instructions: 'Count.',
    tools: { count, weigh: count },
    mcp: hasMcp ? ['shop'] : [],
    approvals: { weigh: { reason: 'it is heavy' } },
    conversation: isConversation,
    budget: { calls, then: asksForMore ? 'ask' : 'stop' },
    stopWhen: anyOf(stepCountIs(steps), hasToolCall('weigh')),
    parallel,
    ...(keep === null ? {} : { compaction: { afterTokens: 500, keep } }),
  });
}

const anyCall = fc.oneof(
  { weight: 4, arbitrary: fc.record({ tool: fc.constantFrom('count', 'weigh'), input: fc.record({ of: fc.nat(9) }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ tool: fc.constantFrom('nothing', 'shop__buy'), input: fc.record({ of: fc.nat(9) }) }),
  },
  { weight: 1, arbitrary: fc.record({ tool: fc.constant('count'), input: fc.constantFrom<Json>('nine', {}, null) }) },
);
const anyReply: fc.Arbitrary<Reply> = fc.record({
  calls: fc.array(
    fc
      .record({ call: anyCall, refused: fc.option(fc.constant('malformed'), { freq: 6 }) })
      .map(({ call, refused }) => ({ ...call, refused })),
    { maxLength: 4 },
  ),
  finish: fc.constantFrom('stop', 'stop', 'tool-calls', 'length', 'other'),
  tokens: fc.nat(1_000),
});

interface Played {
  readonly model: FakeModel;
  readonly machine: Machine;
  readonly happened: ReadonlySet<string>;
}

function play(shape: Shape, gen: fc.GeneratorValue): Played {
  const program = loopOf(shape);
  const model = new FakeModel();
  const happened = new Set<string>();
  let machine = Machine.start(program, RUN, { prompt: 'How many?' });
  const resultOf = (action: Action): ActionResult => {
    if (action.type === 'CallLLM')
      return {
        type: 'success',
        output: model.answer(
          action.input as unknown as ModelCall,
          gen(() => anyReply),
        ) as unknown as Json,
      };
    if (action.type === 'CallTool' && action.tool === 'listMcpTools')
      return { type: 'success', output: { tools: ['shop__buy'], descriptors: DESCRIPTORS } };
    return gen(() => fc.nat(3)) === 0
      ? { type: 'failure', error: 'Executor: it broke' }
      : { type: 'success', output: gen(() => fc.nat(99)) };
  };
  const happen = (name: string, act: () => void): void => {
    happened.add(name);
    act();
  };
  for (let left = HAPPENINGS_MAX; left > 0 && machine.waiting.for !== 'nothing'; left -= 1) {
    machine = Machine.restore(
      program,
      JSON.parse(JSON.stringify(machine.checkpoint())) as ReturnType<Machine['checkpoint']>,
    );
    // Somebody says something, whether or not the run wants to hear it.
    switch (gen(() => fc.nat(14))) {
      case 0:
        happen('steer', () => void machine.deliver({ type: 'steer', message: 'hurry' }));
        break;
      case 1:
        happen('stray answer', () => void machine.deliver({ type: 'resume', value: { any: 'thing' } }));
        break;
      case 2:
        happen('pause', () => void machine.deliver({ type: gen(() => fc.constantFrom('pause', 'unpause')) }));
        break;
      case 3:
        happen('message', () => void machine.deliver({ type: 'signal', name: MESSAGE_SIGNAL, value: 'and now?' }));
        break;
      case 4:
        if (gen(() => fc.nat(9)) === 0) happen('cancel', () => void machine.deliver({ type: 'cancel' }));
        break;
      default:
    }
    const { waiting } = machine;
    switch (waiting.for) {
      case 'step':
        machine.advance();
        break;
      case 'answer': {
        if (statusOf(waiting).status === 'paused') {
          machine.deliver({ type: 'unpause' });
          break;
        }
        const isApproval = waiting.ballot?.ask.kind === 'approval';
        const answer: Json = isApproval
          ? gen(() => fc.constantFrom<Json>('approve', 'deny', { decision: 'approve', input: { of: 7 } }))
          : gen(() => fc.constantFrom(GO_ON, GO_ON, STOP));
        happen(
          isApproval ? 'approval' : 'budget',
          () => void machine.deliver({ type: 'resume', value: answer, interruptId: waiting.interruptId }),
        );
        break;
      }
      case 'action':
      case 'actions': {
        if (waiting.for === 'action' && waiting.action.type === 'WaitSignal') {
          machine.deliver({
            type: 'signal',
            name: MESSAGE_SIGNAL,
            value: gen(() => fc.nat(5)) === 0 ? null : 'and then?',
          });
          break;
        }
        const { running } = machine;
        const one = running[gen(() => fc.nat(9)) % running.length];
        if (one !== undefined)
          machine.deliver({ type: 'result', actionId: one.actionId, result: resultOf(one.action) });
        if (running.length > 1) happened.add('at once');
        break;
      }
      case 'nothing':
    }
  }
  if (machine.waiting.for === 'nothing') happened.add(machine.waiting.outcome.type);
  return { model, machine, happened };
}

test('given anything in between, then what the model is shown is legal', () => {
  const happened = new Set<string>();
  fc.assert(
    fc.property(anyShape, fc.gen(), (shape, gen) => {
      const played = play(shape, gen);
      for (const one of played.happened) happened.add(one);
      if (played.model.shown.length > 4) happened.add('long');
      expect(played.model.complaints).toEqual([]);
    }),
    { numRuns: 600, endOnFailure: true },
  );
  expect([...happened].sort()).toEqual([
    'approval',
    'at once',
    'budget',
    'cancel',
    'cancelled',
    'completed',
    'long',
    'message',
    'pause',
    'steer',
    'stray answer',
  ]);
});
