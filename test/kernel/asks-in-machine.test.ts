import { z } from 'zod';
import { approval, askIn, ASK_LIST_MAX, choice, question, type AskRules } from '../../src/kernel/ask';
import type { Event } from '../../src/kernel/event';
import { SPEAKER_LENGTH_MAX } from '../../src/kernel/input-examination';
import type { Json } from '../../src/kernel/json';
import { Machine, TAKEN_IDS_MAX } from '../../src/kernel/machine';
import { allowAll, allowList, withApproval, withBudget, type Policy } from '../../src/kernel/policy';
import type { DefinedProgram, ProgramDefinition } from '../../src/kernel/program';
import { decisionOf } from '../../src/kernel/resumption';
import { callTool, interrupt, update, waitSignal, type Next } from '../../src/kernel/step';
import { event, Given, given, resume, RUN, signal, STEP, STEPS, success } from './machine-specification';
import { echo, elapsed, logged, says, verdict } from './said';
import { scriptProgram, START, type ScriptState } from './script-program';

type Script = DefinedProgram<ScriptState, ScriptState, Json>;
type Changes = Partial<ProgramDefinition<ScriptState, ScriptState, Json, Json>>;

/** A script for which every call of `echo` needs an approval by these rules. */
function guarded(script: readonly Next[], rules: AskRules = {}, changes: Changes = {}): Script {
  const policy = withApproval(allowAll(), { tools: { echo: { reason: 'it echoes', rules } } });
  return scriptProgram(script, { policy, steering: z.json(), ...changes });
}

/** A run that somebody started. */
function startedBy(starter: string, program: Script): Given {
  return new Given(Machine.start(program, RUN, START, { starter }));
}

/** The value of an event that has one. */
function valueOf(one: Event): Json {
  return 'value' in one ? one.value : null;
}

const ECHO = callTool('echo', 1);
const asked = (rules: AskRules = {}) => logged.asks(1, 'it echoes', rules);

describe('what a program asks', () => {
  test('given a question, when it is answered, then the program gets the decision, with who said so', () => {
    given(scriptProgram([question('why?')]))
      .when(STEPS)
      .then(event.interrupted({ $ask: { kind: 'question', asker: 'program', question: 'why?' } }))
      .when(says('ann', { so: true }, 1))
      .then(logged.decision(1, 'answered', { so: true }, ['ann', { so: true }]))
      .andWaitsFor({ for: 'step' })
      .andState({
        seen: [
          ['Interrupted', { $ask: {} }],
          ['Resumed', { $decision: { value: { so: true } } }],
        ],
      });
  });

  test('given a question, when an undeclared signal comes, then it answers too, in nobody’s name', () => {
    given(scriptProgram([question('why?')]))
      .when(STEPS, signal('whatever', 7))
      .when(STEP)
      .then(event.completed);
    given(scriptProgram([question('why?', { who: { people: ['ann'] } })]))
      .when(STEPS)
      .when(signal('whatever', 7))
      .thenRefused('NotAuthorized');
  });

  test('given a question with a form, then only what fits it answers, as the form makes it', () => {
    const forms = { amount: z.object({ sum: z.number(), note: z.string().default('none') }) };
    given(scriptProgram([question('how much?', { form: 'amount' })], { forms }))
      .when(STEPS)
      .when(says('ann', { sum: 'much' }, 1))
      .thenRefused('InvalidAnswer')
      .when(says('ann', { sum: 7 }, 1))
      .then(logged.decision(1, 'answered', { sum: 7, note: 'none' }, ['ann', { sum: 7, note: 'none' }]));
  });

  test('given a choice, then only one of its options answers', () => {
    given(scriptProgram([choice('which?', ['left', 'right'])]))
      .when(STEPS)
      .when(says('ann', 'up', 1))
      .thenRefused('InvalidAnswer')
      .when(says('ann', ['left'], 1))
      .thenRefused('InvalidAnswer')
      .when(says('ann', 'left', 1))
      .then(logged.decision(1, 'answered', 'left', ['ann', 'left']));
  });

  test('given an approval, when it is approved with an edit, then the decision has the action as it was approved', () => {
    given(scriptProgram([approval('may it?', { action: { type: 'CallTool', tool: 'count', input: 1 } })]))
      .when(STEPS)
      .when(says('ann', verdict('approve', 'less', 0), 1))
      .then(
        logged.decision(
          1,
          'approved',
          { CallTool: { input: 0, tool: 'count' } },
          ['ann', verdict('approve', 'less', 0)],
          {
            reason: 'less',
          },
        ),
      );
  });

  test('given an approval of no action, then it can’t be edited, and is denied like any other', () => {
    given(scriptProgram([approval('may I?')]))
      .when(STEPS)
      .when(says('ann', verdict('approve', null, 1), 1))
      .thenRefused('InvalidAnswer')
      .when(says('ann', 'deny', 1))
      .then(logged.decision(1, 'denied', null, ['ann', verdict('deny')]));
  });

  test('given a quorum, then each vote is in the log, and the last one settles it', () => {
    given(scriptProgram([choice('which?', ['a', 'b'], { votes: 2 })]))
      .when(STEPS)
      .when(says('ann', 'a', 1))
      .then(logged.vote(1, 'ann', 'a'))
      .andState({ seen: [['Interrupted', {}]] })
      .when(says('ann', 'a', 1))
      .thenRefused('AlreadyVoted')
      .when(says('bob', 'b', 1, { roles: ['cook'] }))
      .then(logged.vote(1, 'bob', 'b', ['cook']))
      .when(says('cyd', 'a', 1))
      .then(logged.decision(1, 'answered', 'a', ['cyd', 'a'], { by: ['ann', 'cyd'] }));
  });

  test('given that all have voted and differ, then the program learns that it is undecided', () => {
    given(scriptProgram([choice('which?', ['a', 'b'], { votes: 2, who: { people: ['ann', 'bob'] } })]))
      .when(STEPS, says('ann', 'a', 1))
      .when(says('bob', 'b', 1))
      .then(logged.decision(1, 'undecided', null, ['bob', 'b'], { reason: 'the votes differ', by: ['ann', 'bob'] }));
  });

  test('given a deadline with a default, when it comes, then the default is the answer, and nobody’s', () => {
    given(scriptProgram([choice('which?', ['a', 'b'], { deadlineMs: 9, otherwise: 'b' })]))
      .when(STEPS)
      .when(elapsed(1, 0))
      .then(logged.decision(1, 'expired', 'b', null, { reason: 'nobody answered in time' }))
      .when(elapsed(1, 0))
      .thenRefused('InterruptNotPending');
  });

  test('given no deadline, when somebody says that its moment has come, then it is refused', () => {
    given(scriptProgram([question('why?')]))
      .when(STEPS)
      .when(elapsed(1, 0))
      .thenRefused('InterruptNotPending');
    const rules = { who: { people: ['ann'] }, escalations: [{ afterMs: 5, to: { roles: ['boss'] } }] };
    given(scriptProgram([question('why?', rules)]))
      .when(STEPS)
      .when(elapsed(1, 0))
      .then(logged.escalated(1, 0))
      .when(elapsed(1, 1))
      .thenRefused('InterruptNotPending');
  });

  test('given an escalation, then who it is for may answer only after it', () => {
    const rules = { who: { people: ['ann'] }, escalations: [{ afterMs: 5, to: { roles: ['boss'] } }], deadlineMs: 9 };
    given(scriptProgram([question('why?', rules)]))
      .when(STEPS)
      .when(says('ben', 1, 1, { roles: ['boss'] }))
      .thenRefused('NotAuthorized')
      .when(elapsed(1, 1))
      .thenRefused('InterruptNotPending')
      .when(elapsed(1, 0))
      .then(logged.escalated(1, 0))
      .when(elapsed(1, 0))
      .thenRefused('InterruptNotPending')
      .when(says('ben', 1, 1, { roles: ['boss'] }))
      .then(logged.decision(1, 'answered', 1, ['ben', 1, ['boss']]));
  });

  test('given dual control, then another than the starter answers', () => {
    const program = scriptProgram([question('why?', { notTheStarter: true })]);
    startedBy('sue', program)
      .when(STEPS)
      .when(says('sue', 1, 1))
      .thenRefused('NotAuthorized')
      .when(says('ann', 1, 1))
      .then(logged.decision(1, 'answered', 1, ['ann', 1]));
    given(program)
      .when(STEPS)
      .when(says('ann', 1, 1))
      .thenRefused('NotAuthorized');
  });

  test.each<[string, Next]>([
    ['two options that are the same', choice('which?', ['a', 'a'])],
    ['a form that is not there', question('why?', { form: 'none' })],
    ['a form that is a member of every object', question('why?', { form: 'constructor' })],
    [
      'an action that is none',
      interrupt({ $ask: { kind: 'approval', asker: 'program', question: 'q', action: { Dance: {} } } }),
    ],
    [
      'an ask in the policy’s name',
      interrupt({ $ask: { kind: 'approval', asker: 'policy', question: 'q', action: echo(1) } }),
    ],
    ['a tag with no ask in it', interrupt({ $ask: 'why?' })],
    ['a pause', interrupt({ $pause: { by: null, reason: null } })],
    ['what is called like an approval', interrupt({ $approval: 1 })],
  ])('given a program that asks %s, then its step fails', (_, next) => {
    given(scriptProgram([next]))
      .when(STEP)
      .thenThrows('Driver');
  });

  test.each<[string, Json]>([
    ['in the policy’s name', { $ask: { kind: 'approval', asker: 'policy', question: 'q', action: echo(1) } }],
    ['for a pause', { $pause: { by: null, reason: null } }],
    ['what can’t be asked', { $ask: { kind: 'choice', asker: 'program', question: 'q' } }],
  ])('given a program that nobody checks, when it asks %s, then the machine does not', (_, value) => {
    const program = { ...scriptProgram([]), step: () => interrupt(value) };
    given(program).when(STEP).thenThrows('InvalidAsk');
  });

  test('given a decision in an event, then it is read, and from no other event', () => {
    const decided = logged.decision(1, 'answered', 7, ['ann', 7]);
    expect(decisionOf(decided)).toMatchObject({ outcome: 'answered', value: 7, by: ['ann'] });
    expect(decisionOf(event.resumed(7))).toBeNull();
    expect(decisionOf(logged.vote(1, 'ann', 7))).toBeNull();
    expect(decisionOf(event.interrupted({ $decision: {} }))).toBeNull();
  });
});

describe('what a policy asks', () => {
  test('given an action that needs an approval, then people are asked first, and the program is not told', () => {
    given(guarded([ECHO]))
      .when(STEPS)
      .then(asked())
      .andState({ at: 0, seen: [] })
      .when(says('ann', 'approve', 1))
      .then(logged.approval(1, 'approved', 1, ['ann', verdict('approve')]))
      .andState({ at: 0, seen: [] })
      .when(STEPS)
      .then(event.tool(3, 'echo', 1))
      .when(success(3, 'done'))
      .then(event.succeeded(3, 'done'))
      .when(STEPS)
      .then(event.completed);
  });

  test('given an edit, then the edited action is requested', () => {
    given(guarded([ECHO]))
      .when(STEPS)
      .when(says('ann', verdict('approve', 'less', 0), 1))
      .then(logged.approval(1, 'approved', 1, ['ann', verdict('approve', 'less', 0)], { reason: 'less', edited: 0 }))
      .when(STEPS)
      .then(event.tool(3, 'echo', 0))
      .andState({ seen: [['ActionRequested', echo(0)]] });
  });

  test('given a denial, then the program gets a failed action, and goes on, though failures end its runs', () => {
    given(guarded([ECHO, update('after')]))
      .when(STEPS)
      .when(says('ann', verdict('deny', 'dear'), 1))
      .then(logged.approval(1, 'denied', 1, ['ann', verdict('deny', 'dear')], { reason: 'dear' }))
      .when(STEPS)
      .then(event.tool(3, 'echo', 1), event.failed(3, 'denied by ann: dear'), event.updated('after'), event.completed)
      .andState({
        seen: [
          ['ActionRequested', echo(1)],
          ['ActionFailed', 'denied by ann: dear'],
          ['StateUpdated', 'after'],
          ['Completed'],
        ],
      });
  });

  test('given a denial by nobody in particular, then the failure names nobody', () => {
    given(guarded([ECHO]))
      .when(STEPS, signal('whatever', false))
      .when(STEP)
      .then(event.tool(3, 'echo', 1), event.failed(3, 'denied'));
  });

  test.each<[string, AskRules, 'approved' | 'denied', string]>([
    ['is none', { deadlineMs: 5 }, 'denied', 'nobody answered in time'],
    ['approves', { deadlineMs: 5, otherwise: verdict('approve', 'no objection') }, 'approved', 'no objection'],
  ])('given a deadline whose default %s, when it comes, then so it is', (_, rules, outcome, reason) => {
    given(guarded([ECHO], rules))
      .when(STEPS)
      .when(elapsed(1, 0))
      .then(logged.approval(1, outcome, 1, null, { reason }))
      .when(STEP)
      .then(
        event.tool(3, 'echo', 1),
        ...(outcome === 'denied' ? [event.failed(3, 'denied: nobody answered in time')] : []),
      );
  });

  test('given an edit without its votes, when time approves, then the action is called as it was proposed', () => {
    given(guarded([ECHO], { votes: 2, deadlineMs: 5, otherwise: 'approve' }))
      .when(STEPS, says('eve', verdict('approve', null, 1_000), 1), elapsed(1, 0))
      .when(STEP)
      .then(event.tool(4, 'echo', 1));
  });

  test('given an escalation, when nobody answers, then others may approve', () => {
    const rules = { who: { people: ['ann'] }, escalations: [{ afterMs: 5, to: { roles: ['boss'] } }] };
    given(guarded([ECHO], rules))
      .when(STEPS)
      .then(asked(rules))
      .when(says('ben', 'approve', 1, { roles: ['boss'] }))
      .thenRefused('NotAuthorized')
      .when(elapsed(1, 0), says('ben', 'approve', 1, { roles: ['boss'] }))
      .then(logged.escalated(1, 0), logged.approval(1, 'approved', 1, ['ben', verdict('approve'), ['boss']]));
  });

  test('given a quorum with dual control, then two others than the starter approve', () => {
    startedBy('sue', guarded([ECHO], { votes: 2, notTheStarter: true }))
      .when(STEPS, says('ann', 'approve', 1))
      .when(says('sue', 'approve', 1))
      .thenRefused('NotAuthorized')
      .when(says('ann', 'approve', 1))
      .thenRefused('AlreadyVoted')
      .when(says('bob', 'approve', 1))
      .then(logged.approval(1, 'approved', 1, ['bob', verdict('approve')], { by: ['ann', 'bob'] }));
  });

  test('given two calls that are alike, one after the other, then each is asked about', () => {
    given(guarded([ECHO, ECHO]))
      .when(STEPS, says('ann', 'approve', 1), STEPS, success(3, 'done'))
      .when(STEPS)
      .then(asked())
      .when(says('ann', 'approve', 1))
      .thenRefused('InterruptNotPending');
  });

  test('given an approval, when the run is steered before the action is requested, then people are asked again', () => {
    given(guarded([ECHO]))
      .when(STEPS, says('ann', 'approve', 1), { type: 'steer', message: 'wait' })
      .when(STEPS)
      .then(asked());
  });

  test('given a message during the ask, then it is read with the approval, and people are asked again', () => {
    given(guarded([ECHO]))
      .when(STEPS)
      .when({ type: 'steer', message: 'wait', by: 'bob' })
      .then()
      .when(says('ann', 'approve', 1))
      .then(logged.approval(1, 'approved', 1, ['ann', verdict('approve')]), logged.steer('wait', 'bob'))
      .when(STEPS)
      .then(asked());
  });

  test('given an approval, when a plain value comes before the action is requested, then people are asked again', () => {
    given(guarded([ECHO]))
      .when(STEPS, says('ann', 'approve', 1), resume('by the way'))
      .when(STEPS)
      .then(asked());
  });

  test('given an approval, when the program wants something else meanwhile, then the approval is not for that', () => {
    // The step after a message asks for another input.
    const program = guarded(
      [],
      {},
      {
        step: ({ seen }) => (seen.length > 2 ? interrupt('enough') : callTool('echo', seen.length)),
      },
    );
    given(program)
      .when(STEPS, says('ann', 'approve', 1), { type: 'steer', message: 'two' })
      .when(STEPS)
      .then(logged.asks(1, 'it echoes'));
  });

  test('given an approval, when the run is paused and goes on, then the approval still counts', () => {
    given(guarded([ECHO]))
      .when(STEPS, says('ann', 'approve', 1), { type: 'pause' }, { type: 'unpause' })
      .when(STEP)
      .then(event.tool(5, 'echo', 1));
  });

  test('given an edit that breaks the tool’s schema, or that the policy denies, then it is refused', () => {
    const count = callTool('count', 1);
    const inner: Policy = {
      ...allowAll(),
      authorize: (_, action) =>
        action.type === 'CallTool' && action.input === 'dear'
          ? { type: 'deny', reason: 'too dear' }
          : { type: 'ask', reason: 'always' },
    };
    const tools = { count: { input: z.union([z.number(), z.literal('dear')]), output: z.json() } };
    given(scriptProgram([count], { policy: inner, tools }))
      .when(STEPS)
      .when(says('ann', verdict('approve', null, 'much'), 1))
      .thenRefused('InvalidAnswer')
      .when(says('ann', verdict('approve', null, 'dear'), 1))
      .thenRefused('InvalidAnswer')
      .when(says('ann', verdict('approve', null, 2), 1), STEP)
      .andWaitsFor({ for: 'action', actionId: `${RUN}-3`, action: { type: 'CallTool', tool: 'count', input: 2 } });
  });

  test('given a policy that asks more people for more, then nobody gets more approved by an edit, but less', () => {
    const graded: Policy = {
      ...allowAll(),
      authorize: (_, action) => {
        if (action.type !== 'CallTool' || typeof action.input !== 'number' || action.input < 10)
          return { type: 'allow' };
        return { type: 'ask', reason: 'it costs', rules: { votes: action.input < 100 ? 1 : 2 } };
      },
    };
    given(scriptProgram([callTool('echo', 50)], { policy: graded }))
      .when(STEPS)
      .when(says('eve', verdict('approve', null, 500), 1))
      .thenRefused('InvalidAnswer')
      .when(says('eve', verdict('approve', null, 60), 1), STEP)
      .andState({ seen: [['ActionRequested', echo(60)]] });
    given(scriptProgram([callTool('echo', 50)], { policy: graded }))
      .when(STEPS, says('eve', verdict('approve', null, 5), 1), STEP)
      .andState({ seen: [['ActionRequested', echo(5)]] });
  });

  test('given what the policy denies or the budget forbids, then nobody is asked', () => {
    const needs = { tools: { echo: { reason: 'it echoes' } } };
    given(scriptProgram([ECHO], { policy: withApproval(allowList({}), needs) }))
      .when(STEPS)
      .then()
      .andEnded({ type: 'denied', code: 'PolicyDenied', reason: 'tool not allowed: echo' });
    given(scriptProgram([ECHO], { policy: withApproval(withBudget(allowAll(), { maxToolCalls: 0 }), needs) }))
      .when(STEPS)
      .then()
      .andEnded({
        type: 'denied',
        code: 'BudgetExceeded',
        reason: 'the budget of 0 tool calls is used up: echo is not called',
      });
  });

  test('given an approval that is needed for some calls only, then others are made at once', () => {
    const when = (action: { readonly type: string; readonly input?: Json }): boolean => action.input === 'dear';
    const policy = withApproval(allowAll(), {
      tools: { echo: { reason: 'dear', when } },
      providers: { model: { reason: 'it thinks' } },
    });
    given(scriptProgram([callTool('echo', 'cheap')], { policy }))
      .when(STEP)
      .then(event.tool(1, 'echo', 'cheap'));
    given(scriptProgram([callTool('echo', 'dear')], { policy }))
      .when(STEP)
      .then(logged.asks('dear', 'dear'));
    const called = given(
      scriptProgram([{ type: 'Do', action: { type: 'CallLLM', provider: 'model', input: 1 } }], { policy }),
    ).when(STEP);
    const { waiting } = called.machine;
    expect(waiting.for === 'answer' && askIn(waiting.interrupt.value)?.question).toBe('May model be called?');
  });

  test('given a policy whose rules can’t be kept, then InvalidAsk', () => {
    given(guarded([ECHO], { votes: 0 }))
      .when(STEP)
      .thenThrows('InvalidAsk', 'votes');
  });

  test('given a wait for a signal that people denied, then the signal that was there stays for the next wait', () => {
    let asks = 0;
    const policy: Policy = {
      ...allowAll(),
      authorize: () =>
        asks++ === 0
          ? { type: 'ask', reason: 'first' }
          : asks === 2
            ? { type: 'ask', reason: 'first' }
            : { type: 'allow' },
    };
    given(scriptProgram([waitSignal('go'), waitSignal('go')], { policy }))
      .when(STEPS, signal('go', 'early'), says('ann', 'deny', 1))
      .when(STEPS)
      .then(
        event.requested(3, { WaitSignal: { name: 'go' } }),
        event.failed(3, 'denied by ann'),
        event.requested(5, { WaitSignal: { name: 'go' } }),
        event.succeeded(5, 'early'),
        event.completed,
      );
  });
});

describe('answers that are refused', () => {
  const program = scriptProgram([question('why?', { votes: 2 }), interrupt('plain?')], { steering: z.json() });

  test('given an answer to another interrupt, or to none, then InterruptNotPending', () => {
    given(program)
      .when(STEPS)
      .when(says('ann', 1, 7))
      .thenRefused('InterruptNotPending');
    given(scriptProgram([ECHO]))
      .when(STEPS)
      .when(says('ann', 1, 1))
      .thenRefused('InterruptNotPending');
  });

  test('given an answer with an id, when it comes again, then it is AlreadyTaken and changes nothing', () => {
    given(program)
      .when(STEPS, says('ann', 1, 1, { id: 'a1' }))
      .when(says('ann', 1, 1, { id: 'a1' }))
      .thenRefused('AlreadyTaken')
      .when(says('bob', 1, 1, { id: 'a1' }))
      .thenRefused('AlreadyTaken')
      .when(says('bob', 1, 1, { id: 'b1' }), STEPS)
      .when(says('bob', 1, 1, { id: 'b1' }))
      .thenRefused('AlreadyTaken')
      // Even in other company: an id names one thing that was said.
      .when({ type: 'steer', message: 1, id: 'b1' })
      .thenRefused('AlreadyTaken');
  });

  test('given a refused answer, then its id is free for the next try', () => {
    given(scriptProgram([choice('which?', ['a'])]))
      .when(STEPS)
      .when(says('ann', 'b', 1, { id: 'a1' }))
      .thenRefused('InvalidAnswer')
      .when(says('ann', 'a', 1, { id: 'a1' }))
      .then(logged.decision(1, 'answered', 'a', ['ann', 'a']));
  });

  test('given many ids, then the last ones are remembered, and not for ever', () => {
    const machine = Machine.start(scriptProgram([], { steering: z.json(), reduce: (state) => state }), RUN, START);
    for (let count = 0; count <= TAKEN_IDS_MAX; count += 1)
      machine.deliver({ type: 'steer', message: 1, id: `m${count}` });
    expect(machine.checkpoint().taken).toHaveLength(TAKEN_IDS_MAX);
    expect(machine.refusalOf({ type: 'steer', message: 1, id: 'm1' })?.code).toBe('AlreadyTaken');
    expect(machine.refusalOf({ type: 'steer', message: 1, id: 'm0' })).toBeNull();
  });

  test.each<[string, object]>([
    ['no name', { by: '' }],
    ['a name that is no text', { by: 7 }],
    ['too long a name', { by: 'x'.repeat(SPEAKER_LENGTH_MAX + 1) }],
    ['a name that no log can say', { by: '\ud800' }],
    ['an empty role', { by: 'ann', roles: [''] }],
    ['too many roles', { by: 'ann', roles: Array.from({ length: ASK_LIST_MAX + 1 }, () => 'cook') }],
    ['an empty id', { by: 'ann', id: '' }],
  ])('given somebody with %s, then InvalidAnswer', (_, speaker) => {
    given(program)
      .when(STEPS)
      .when({ type: 'resume', value: 1, ...speaker })
      .thenRefused('InvalidAnswer');
  });

  test('given an answer that JSON can’t say, then InvalidAnswer', () => {
    given(program)
      .when(STEPS)
      .when(says('ann', () => 1, 1))
      .thenRefused('InvalidAnswer');
    given(scriptProgram([choice('which?', ['a'])]))
      .when(STEPS)
      .when(says('ann', undefined, 1))
      .thenRefused('InvalidAnswer');
  });

  test.each<[string, Json]>([
    ['a vote', { $vote: { interruptId: 'run-1', by: 'ann', roles: [], value: 1 } }],
    ['a decision', valueOf(logged.decision(1, 'answered', 1, ['ann', 1]))],
    ['an approval', valueOf(logged.approval(1, 'approved', 1, ['ann', 'approve']))],
    ['an escalation', { $escalated: { interruptId: 'run-1', stage: 0 } }],
    ['a message', { $steer: { message: 1, by: null } }],
    ['a pause', { $pause: { by: null, reason: null } }],
    ['the end of one', { $unpause: { by: null } }],
    ['an ask', { $ask: { kind: 'question', asker: 'program', question: 'q' }, more: 1 }],
    ['what is only called so', { $approval: null }],
  ])('given an answer that looks like %s of the kernel, then it is refused wherever it is a plain one', (_, value) => {
    // Nothing asked, a plain question, an ask in words, and inside an action.
    given(scriptProgram([])).when(resume(value)).thenRefused('InvalidAnswer');
    given(scriptProgram([interrupt('plain?')]))
      .when(STEPS)
      .when(resume(value, 1))
      .thenRefused('InvalidAnswer');
    given(scriptProgram([interrupt('plain?')]))
      .when(STEPS)
      .when(signal('other', value))
      .thenRefused('InvalidSignal');
    given(scriptProgram([question('why?')]))
      .when(STEPS)
      .when(resume(value, 1))
      .thenRefused('InvalidAnswer');
    given(scriptProgram([ECHO]))
      .when(STEPS)
      .when(resume(value))
      .thenRefused('InvalidAnswer');
  });

  test('given an object whose one member begins with $ but is not the kernel’s, then it is a plain answer', () => {
    given(scriptProgram([interrupt('plain?')]))
      .when(STEPS)
      .when(resume({ $ref: '#/a' }, 1))
      .then(event.resumed({ $ref: '#/a' }));
  });
});

test('given a log in which the program asks something else behind an approval, then the approval is forgotten', () => {
  const approved = [asked(), logged.approval(1, 'approved', 1, ['ann', verdict('approve')])];
  given(guarded([ECHO]), [...approved, event.interrupted('plain?')])
    .when()
    .andWaitsFor({ for: 'answer', interruptId: `${RUN}-3`, interrupt: { value: 'plain?' } });
});

test('given a log with what only looks like the kernel’s own, then it is read as plain values, as it was written', () => {
  const looks = [
    { $vote: null },
    { $approval: 'x' },
    { $escalated: { stage: 'x' } },
    { $steer: 1 },
    { $pause: {} },
    { $decision: [] },
  ];
  const program = scriptProgram([]);
  for (const value of looks as readonly Json[]) {
    given(program, [event.interrupted('q'), event.resumed(value)])
      .when()
      .andWaitsFor({ for: 'step' })
      .andState({
        seen: [
          ['Interrupted', 'q'],
          ['Resumed', value],
        ],
      });
    given(program, [event.interrupted(value)])
      .when()
      .andWaitsFor({ for: 'answer', interruptId: 'run-1', interrupt: { value } });
  }
});
