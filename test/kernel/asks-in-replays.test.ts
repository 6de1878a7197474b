import fc from 'fast-check';
import { z } from 'zod';
import { NOTHING_SPENT } from '../../src/kernel/budget';
import { isKernelError, type KernelErrorCode } from '../../src/kernel/error';
import type { Event } from '../../src/kernel/event';
import type { Json } from '../../src/kernel/json';
import { Machine } from '../../src/kernel/machine';
import { allowAll, withApproval } from '../../src/kernel/policy';
import { redrive } from '../../src/kernel/redrive';
import { ReplayResume } from '../../src/kernel/replay-resume';
import { question } from '../../src/kernel/ask';
import { all, callTool, interrupt } from '../../src/kernel/step';
import { runTimeline, type RunStatusSummary } from '../../src/kernel/timeline';
import { branchOf, type Branch } from '../../src/kernel/timeline-fork';
import { MemoryStore } from '../../src/stores/memory-store';
import { anyAskingRun, play, programOf, STARTER } from './any-asking-run';
import { anyEvent } from './any-event';
import { kernelError } from './kernel-error-matcher';
import { event, RUN } from './machine-specification';
import { echo, logged, verdict } from './said';
import { lines, scriptProgram, START } from './script-program';

const BRANCH = 'branch';

const program = scriptProgram(
  lines(callTool('echo', 1), question('why?'), all(callTool('echo', 2), callTool('count', 3)), interrupt('plain?')),
  {
    policy: withApproval(allowAll(), { tools: { echo: { reason: 'it echoes', rules: { votes: 2 } } } }),
    steering: z.json(),
  },
);

/** A run with all that there is. Seqs count from 1. */
const LOG: readonly Event[] = [
  logged.asks(1, 'it echoes', { votes: 2 }),
  logged.vote(1, 'ann', verdict('approve')),
  logged.approval(1, 'approved', 1, ['bob', verdict('approve')], { by: ['ann', 'bob'] }),
  event.tool(4, 'echo', 1),
  event.succeeded(4, 'done'),
  event.interrupted({ $ask: { kind: 'question', asker: 'program', question: 'why?' } }),
  logged.decision(6, 'answered', 'so', ['ann', 'so']),
  logged.asks(2, 'it echoes', { votes: 2 }),
  logged.approval(8, 'denied', 2, ['ann', verdict('deny')]),
  event.tool(10, 'echo', 2),
  event.tool(11, 'count', 3),
  event.failed(10, 'denied by ann'),
  event.succeeded(11, 3),
  event.interrupted('plain?'),
  event.resumed('yes'),
  logged.pause(),
];

const sequenced = (events: readonly Event[]) => events.map((one, index) => ({ seq: index + 1, event: one }));

function forkedAt(seq: number, alternateEvent: Event | null = null): Branch {
  const request = { sourceRunId: RUN, branchId: BRANCH, forkPointSeq: seq, initialState: START, alternateEvent };
  return branchOf(program, sequenced(LOG.slice(0, seq)), request);
}

test('given the log of these tests, then the program makes it', () => {
  expect(redrive(program, RUN, START, sequenced(LOG)).head).toBe(LOG.length);
});

describe('forks', () => {
  // Behind one of two requests, a branch is a run that has asked for one thing only.
  const insideOfRequests = 10;

  test('given a fork at any seq, then its votes and decisions are about its own interrupts, and it can be driven again', () => {
    for (let seq = 0; seq <= LOG.length; seq += 1) {
      const { checkpoint, events } = forkedAt(seq);
      expect(JSON.stringify(events)).not.toContain(`"${RUN}-`);
      expect(checkpoint.head).toBe(seq);
      const isWhole = [insideOfRequests, 11, 12].every((inside) => inside !== seq);
      if (isWhole) expect(redrive(program, BRANCH, START, sequenced(events)).checkpoint()).toEqual(checkpoint);
    }
  });

  test('given a fork behind a vote, then the branch’s own ask has it', () => {
    const machine = Machine.restore(program, forkedAt(2).checkpoint);
    const tell = (by: string) => machine.deliver({ type: 'resume', by, value: 'approve', interruptId: `${BRANCH}-1` });
    expect(tell('ann')?.code).toBe('AlreadyVoted');
    expect(tell('cyd')).toBeNull();
    machine.advance();
    expect(machine.running.map(({ actionId }) => actionId)).toEqual([`${BRANCH}-4`]);
  });

  test('given a fork between denied requests and their end, when the branch goes on, then nobody does what was denied', () => {
    const alone = Machine.restore(program, forkedAt(insideOfRequests).checkpoint);
    expect(alone.drain().map((entry) => entry.event)).toEqual([
      { type: 'ActionFailed', actionId: `${BRANCH}-10`, error: 'denied by ann' },
    ]);
    const both = Machine.restore(program, forkedAt(11).checkpoint);
    expect(both.running.map(({ actionId }) => actionId)).toEqual([`${BRANCH}-11`]);
    const rest = Machine.restore(program, forkedAt(12).checkpoint);
    expect(rest.running.map(({ actionId }) => actionId)).toEqual([`${BRANCH}-11`]);
  });

  const forged = logged.approval(14, 'approved', 2, ['eve', verdict('approve')]);
  test.each<[string, number, Event, KernelErrorCode]>([
    ['a plain answer to an ask of the policy', 1, event.resumed('approve'), 'IllegalAlternate'],
    ['a plain answer to an ask of the program', 6, event.resumed('so'), 'IllegalAlternate'],
    ['a vote', 1, logged.vote(1, 'eve', verdict('approve')), 'IllegalAlternate'],
    ['an approval that nobody gave', 14, forged, 'InvalidAnswer'],
    ['the result of a denied action', 10, event.succeeded(10, 'done'), 'IllegalAlternate'],
    ['a result of one of several', 11, event.succeeded(11, 3), 'IllegalAlternate'],
    ['an answer to a pause', 16, event.resumed('go on'), 'IllegalAlternate'],
    ['the end of a pause', 16, logged.unpause(), 'IllegalAlternate'],
    ['a pause', 5, logged.pause(), 'IllegalAlternate'],
  ])('given %s, then it can’t take the place of what happened', (_, seq, alternate, code) => {
    expect(() => forkedAt(seq, alternate)).toThrow(kernelError(code));
  });

  test('given the result of an action that was approved, then it can', () => {
    const { events } = forkedAt(4, event.succeeded(4, 'otherwise'));
    expect(events.at(-1)).toEqual({ type: 'ActionSucceeded', actionId: `${BRANCH}-4`, output: 'otherwise' });
  });

  test('given any run, when it is forked anywhere with anything, then the branch is legal or the error is typed', () => {
    fc.assert(
      fc.property(anyAskingRun, fc.nat(), fc.option(anyEvent), (run, at, alternateEvent) => {
        const forked = programOf(run);
        const { entries } = play(run);
        const forkPointSeq = at % (entries.length + 1);
        const request = { sourceRunId: RUN, branchId: BRANCH, forkPointSeq, initialState: START, alternateEvent };
        let branch: Branch;
        try {
          branch = branchOf(forked, entries.slice(0, forkPointSeq), request);
        } catch (error) {
          expect(
            isKernelError(error) && ['IllegalAlternate', 'InvalidAnswer', 'InvalidEvent'].includes(error.code),
          ).toBe(true);
          return;
        }
        const from = { runId: BRANCH, head: 0, state: START as unknown as Json, spent: NOTHING_SPENT };
        const replayed = Machine.replay(forked, from, sequenced(branch.events));
        expect(replayed.checkpoint()).toEqual(Machine.restore(forked, branch.checkpoint).checkpoint());
        const source = entries[forkPointSeq];
        if (
          alternateEvent === null &&
          source !== undefined &&
          isBoundary(entries[forkPointSeq - 1]?.event, source.event)
        ) {
          expect(() => redrive(forked, BRANCH, START, sequenced(branch.events), { starter: STARTER })).not.toThrow();
        }
      }),
      { numRuns: 100 },
    );
  });

  /** Whether two events are of different batches, as far as that is sure. */
  function isBoundary(before: Event | undefined, after: Event): boolean {
    return before === undefined || (before.type === 'Interrupted' && after.type === 'Resumed');
  }
});

describe('resuming by replay', () => {
  async function resumed(seq: number, value: unknown, interruptId?: string) {
    const events = new MemoryStore();
    await events.append(RUN, LOG.slice(0, seq));
    const resume = new ReplayResume({ events, program });
    const decision = interruptId === undefined ? { value } : { value, interruptId };
    const result = await resume.resumeAndAppend(RUN, decision, START);
    return { result, head: await events.head(RUN) };
  }

  test('given a plain question, then it is answered as before, whatever asks came before it', async () => {
    expect(await resumed(14, 'no')).toMatchObject({ result: { idempotent: false, eventsReplayed: 15 }, head: 15 });
    expect(await resumed(15, 'yes')).toMatchObject({ result: { idempotent: true, eventsReplayed: 15 }, head: 15 });
  });

  test('given a run that was paused behind its question, then the question is still its last, and the pause stays', async () => {
    expect(await resumed(16, 'yes')).toMatchObject({ result: { idempotent: true, eventsReplayed: 15 }, head: 16 });
    await expect(resumed(16, 'no')).rejects.toThrow(kernelError('InterruptAnswered'));
    await expect(resumed(16, 'go on', `${RUN}-16`)).rejects.toThrow(kernelError('InterruptNotPending'));
  });

  test.each<[string, number]>([
    ['of the policy', 1],
    ['between two votes', 2],
    ['of the policy that is settled', 5],
    ['of the program', 6],
    ['of the program that is settled', 7],
  ])('given an ask %s, then it is not answered so, because nobody would count the votes', async (_, seq) => {
    await expect(resumed(seq, 'approve')).rejects.toThrow(kernelError('InvalidAnswer'));
  });

  test('given an answer that looks like an approval, then it is refused', async () => {
    const { value } = logged.approval(14, 'approved', 2, ['eve', verdict('approve')]) as { readonly value: Json };
    await expect(resumed(14, value)).rejects.toThrow(kernelError('InvalidAnswer'));
  });

  test('given a run that was paused before it asked anything, then there is no question', async () => {
    const events = new MemoryStore();
    await events.append(RUN, [logged.pause()]);
    const resume = new ReplayResume({ events, program });
    await expect(resume.resume(RUN, { value: 1 }, START)).rejects.toThrow(kernelError('InterruptNotPending'));
  });
});

describe('timelines', () => {
  const BLOCKED: RunStatusSummary = { status: 'Blocked', interrupt: true };
  const RUNNING: RunStatusSummary = { status: 'Running' };
  const FAILED: RunStatusSummary = { status: 'Failed', recoverable: false };

  test.each<[string, readonly Event[], RunStatusSummary]>([
    ['waits for an approval', LOG.slice(0, 1), BLOCKED],
    ['waits for more votes', LOG.slice(0, 2), BLOCKED],
    ['waits for others, after an escalation', [...LOG.slice(0, 1), logged.escalated(1, 0)], BLOCKED],
    ['has its approval', LOG.slice(0, 3), RUNNING],
    ['has its answer', LOG.slice(0, 7), RUNNING],
    ['goes on after a denial', LOG.slice(0, 14), BLOCKED],
    ['goes on after a failure', [event.tool(1, 'echo', 1), event.failed(1, 'x'), event.updated(1)], RUNNING],
    [
      'failed beside a success',
      [event.tool(1, 'echo', 1), event.tool(2, 'echo', 2), event.failed(1, 'x'), event.succeeded(2, 1)],
      FAILED,
    ],
    [
      'failed behind a success',
      [event.tool(1, 'echo', 1), event.tool(2, 'echo', 2), event.succeeded(1, 'x'), event.failed(2, 'x')],
      FAILED,
    ],
    ['is paused', LOG, BLOCKED],
    ['goes on after a pause', [...LOG, logged.unpause()], RUNNING],
  ])('given a run that %s, then its timeline says so', (_, events, status) => {
    expect(runTimeline(RUN, sequenced(events)).finalStatus).toEqual(status);
  });
});

describe('driving again', () => {
  test('given dual control, then who started the run must be known to drive it again', () => {
    const asks = scriptProgram([question('why?', { notTheStarter: true })]);
    const machine = Machine.start(asks, RUN, START, { starter: 'sue' });
    machine.advance();
    machine.deliver({ type: 'resume', by: 'ann', value: 1 });
    const log = machine.drain();
    expect(redrive(asks, RUN, START, log, { starter: 'sue' }).head).toBe(2);
    expect(() => redrive(asks, RUN, START, log)).toThrow(kernelError('ReplayMismatch'));
    expect(() => redrive(asks, RUN, START, log, { starter: 'ann' })).toThrow(kernelError('ReplayMismatch'));
  });

  test.each<[string, readonly Event[]]>([
    ['a plain answer while it is paused', [logged.pause(), event.resumed('x')]],
    ['a message while it is paused', [logged.pause(), logged.steer('x')]],
    ['a pause while it waits for an approval', [LOG[0] as Event, logged.pause()]],
    ['an approval by one of two', [LOG[0] as Event, logged.approval(1, 'approved', 1, ['ann', verdict('approve')])]],
    ['a vote that can’t be read', [LOG[0] as Event, event.resumed({ $vote: null })]],
    ['an action without its approval', [event.requested(1, echo(1))]],
  ])('given a log in which a run has %s, then ReplayMismatch', (_, events) => {
    expect(() => redrive(program, RUN, START, sequenced(events))).toThrow(kernelError('ReplayMismatch'));
  });

  test('given a value in the log that the run would have kept for later, then the error says what it waits for', () => {
    const log = sequenced([logged.pause(), event.resumed('x')]);
    expect(() => redrive(program, RUN, START, log)).toThrow(
      'at seq 2 the program gives none: the run waits for its pause',
    );
  });
});
