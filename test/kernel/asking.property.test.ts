import fc from 'fast-check';
import { NOTHING_SPENT, spentIn } from '../../src/kernel/budget';
import { isKernelError } from '../../src/kernel/error';
import type { Event, SequencedEvent } from '../../src/kernel/event';
import type { Json } from '../../src/kernel/json';
import { Machine } from '../../src/kernel/machine';
import type { Entry } from '../../src/kernel/machine-input';
import { allowAll, type Policy } from '../../src/kernel/policy';
import { redrive } from '../../src/kernel/redrive';
import { needsContext } from '../../src/kernel/waiting';
import { anyAskingRun, FREE, play, programOf, STARTER, type AskingRun } from './any-asking-run';
import { anyEvent } from './any-event';
import { textOf } from './any-run';
import { auditApprovals } from './approval-oracle';
import { kernelError } from './kernel-error-matcher';
import { event, RUN } from './machine-specification';
import { START } from './script-program';

const needsApproval = (payload: Json): boolean => {
  const call = (payload as { readonly CallTool?: { readonly tool: string; readonly input: Json } }).CallTool;
  return call?.tool === 'echo' && call.input !== FREE;
};

function audited(run: AskingRun, events: readonly SequencedEvent[]): ReadonlySet<string> {
  return auditApprovals(events, { rules: run.rules, starter: STARTER, needsApproval });
}

function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

test('given any inputs, however doubled, late and by whomever, then no action without its approvals, and no second result', () => {
  fc.assert(
    fc.property(anyAskingRun, (run) => {
      const { entries, done } = play(run);
      for (const actionId of audited(run, entries)) expect(done.has(actionId)).toBe(false);
    }),
    { numRuns: 400 },
  );
});

test('given the auditor, then it sees what was not approved', () => {
  // Each run of the property is worth as much as what its auditor would find.
  const kinds = new Map<string, number>();
  const mark = (kind: string): void => void kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  fc.assert(
    fc.property(anyAskingRun, (run) => {
      const { entries } = play(run);
      for (const [at, entry] of entries.entries()) {
        if (entry.event.type !== 'ActionRequested' || !needsApproval(entry.event.payload)) continue;
        mark('requested');
        const before = entries.slice(0, at + 1);
        const ungranted = before.filter(({ event: one }) => !JSON.stringify(one).includes('"$approval"'));
        expect(() => audited(run, ungranted)).toThrow('not approved');
        expect(() => audited(run, [...before, { seq: 0, event: event.updated(1) }, entry])).toThrow('not approved');
      }
      for (const { event: one } of entries) {
        for (const kind of ['$vote', '$escalated', '$approval', '$decision', '$steer', '$pause', '$unpause'])
          if (JSON.stringify(one).includes(`"${kind}"`)) mark(kind);
        if (one.type === 'ActionFailed' && one.error.startsWith('denied')) mark('denied');
        if (one.type === 'Completed') mark('completed');
      }
    }),
    { numRuns: 300, seed: 7 },
  );
  const expected = [
    '$approval',
    '$decision',
    '$escalated',
    '$pause',
    '$steer',
    '$unpause',
    '$vote',
    'completed',
    'denied',
    'requested',
  ];
  expect([...kinds.keys()].sort()).toEqual(expected);
});

test('given a machine that is restored from its checkpoint, through JSON, at any moment, then it goes on alike', () => {
  fc.assert(
    fc.property(anyAskingRun, fc.infiniteStream(fc.boolean()), (run, restores) => {
      const between = (machine: Machine): Machine =>
        restores.next().value ? Machine.restore(programOf(run), throughJson(machine.checkpoint())) : machine;
      const [plain, restored] = [play(run), play(run, { between })];
      expect(textOf(restored.entries)).toBe(textOf(plain.entries));
      expect(restored.refusals).toEqual(plain.refusals);
      expect(restored.machine.checkpoint()).toEqual(plain.machine.checkpoint());
    }),
    { numRuns: 100 },
  );
});

test('given a log so far, when it is replayed, whole or from a snapshot, then the run waits for what it waited for', () => {
  fc.assert(
    fc.property(anyAskingRun, fc.nat(), (run, split) => {
      const program = programOf(run);
      const between = (machine: Machine, entries: readonly Entry[]): Machine => {
        if (machine.cancelling || isUnlogged(machine)) return machine;
        const start = {
          runId: RUN,
          head: 0,
          state: program.initialState(START),
          spent: NOTHING_SPENT,
          starter: STARTER,
        };
        const whole = Machine.replay(program, start, entries);
        expect(whole.drain()).toEqual([]);
        expect(whole.waiting).toEqual(machine.waiting);
        const head = split % (entries.length + 1);
        const [before, last] = [entries.slice(0, head), entries[head - 1]];
        const isEnough = last === undefined || !needsContext(last.event);
        const from = { ...start, head, state: last?.state ?? start.state, spent: spentIn(RUN, before) };
        const part = Machine.replay(program, from, entries.slice(head), isEnough ? before.slice(-1) : before);
        expect(part.checkpoint()).toEqual(whole.checkpoint());
        const { state, spent } = machine.checkpoint();
        expect(part.checkpoint()).toMatchObject({ state, spent });
        return machine;
      };
      play(run, { between });
    }),
    { numRuns: 80 },
  );
});

test('given any log that the machine makes, then it is accepted when it is driven again', () => {
  fc.assert(
    fc.property(anyAskingRun, (run) => {
      const { entries, machine } = play(run);
      const again = redrive(programOf(run), RUN, START, entries, { starter: STARTER });
      expect(again.head).toBe(machine.head);
      expect(again.state).toEqual(machine.state);
      if (!machine.cancelling && !isUnlogged(machine)) expect(again.waiting).toEqual(machine.waiting);
    }),
    { numRuns: 100 },
  );
});

test('given a log in which anything that is no free input was changed, then it is refused at the seq of the change', () => {
  fc.assert(
    fc.property(anyAskingRun, fc.nat(), (run, which) => {
      const { entries } = play(run);
      const changes = entries.flatMap((entry, index) => changesOf(entry.event).map((changed) => ({ index, changed })));
      fc.pre(changes.length > 0);
      const { index, changed } = changes[which % changes.length] as (typeof changes)[number];
      const log = entries.map(({ seq, event: one }, at) => ({ seq, event: at === index ? changed : one }));
      expect(() => redrive(programOf(run), RUN, START, log, { starter: STARTER })).toThrow(
        kernelError('ReplayMismatch'),
      );
    }),
    { numRuns: 100 },
  );
});

test('given a log with an event too many, too few or of any other kind, then it is refused with ReplayMismatch or is legal', () => {
  fc.assert(
    fc.property(anyAskingRun, fc.nat(), fc.nat(2), anyEvent, (run, where, drop, other) => {
      const { entries } = play(run);
      const events = entries.map(({ event: one }): Event => one);
      const log = events
        .toSpliced(where % (events.length + 1), drop, other)
        .map((one, index) => ({ seq: index + 1, event: one }));
      try {
        redrive(programOf(run), RUN, START, log, { starter: STARTER });
      } catch (error) {
        expect(isKernelError(error, 'ReplayMismatch') ? null : error).toBeNull();
      }
    }),
    { numRuns: 100 },
  );
});

test('given actions at once, when their results come in another order, then the log is the same', () => {
  fc.assert(
    fc.property(anyAskingRun, (run) => {
      const backwards = play(run, { order: (inputs) => inputs.toReversed() });
      expect(textOf(backwards.entries)).toBe(textOf(play(run).entries));
    }),
    { numRuns: 100 },
  );
});

test('given the same inputs, when a shell looks, asks and drains between them as it likes, then the log is the same', () => {
  fc.assert(
    fc.property(anyAskingRun, (run) => {
      const between = (machine: Machine): Machine => {
        machine.refusalOf({ type: 'resume', value: 'approve', by: 'ann' });
        machine.refusalOf({ type: 'pause' });
        machine.refusalOf({ type: 'steer', message: 1, id: 'i1' });
        expect([machine.failing, machine.drain()]).toEqual([machine.failing, []]);
        machine.checkpoint();
        return machine;
      };
      expect(textOf(play(run, { between }).entries)).toBe(textOf(play(run).entries));
    }),
    { numRuns: 100 },
  );
});

test('given a program that fails now and then, then after each error the machine is as it was, and the log is the same', () => {
  fc.assert(
    fc.property(anyAskingRun, fc.infiniteStream(fc.nat(5)), (run, chances) => {
      let isFlaky = true;
      const flaky = <T>(what: T): T => {
        if (isFlaky && chances.next().value === 0) throw new Error('flaky');
        return what;
      };
      const sound = programOf(run);
      const policy: Policy = {
        ...allowAll(),
        authorize: (runId, action, ctx) => flaky(sound.policy.authorize(runId, action, ctx)),
      };
      const program = {
        ...sound,
        policy,
        step: (state: Json) => flaky(sound.step(state)),
        reduce: (state: Json, one: Event, seq: number) => flaky(sound.reduce(state, one, seq)),
        goesOnAfter: (...of: Parameters<NonNullable<typeof sound.goesOnAfter>>) =>
          flaky(sound.goesOnAfter?.(...of) ?? false),
      };
      const attempt = <T>(machine: Machine, move: () => T): T => {
        for (let tries = 0; ; tries += 1) {
          const before = JSON.stringify(machine.checkpoint());
          isFlaky = tries < 5;
          try {
            return move();
          } catch (error) {
            expect(JSON.stringify(machine.checkpoint())).toBe(before);
            expect(machine.drain()).toEqual([]);
            if (!(error instanceof Error && error.message.includes('flaky'))) throw error;
          } finally {
            isFlaky = false;
          }
        }
      };
      expect(textOf(play(run, { program, attempt }).entries)).toBe(textOf(play(run).entries));
    }),
    { numRuns: 100 },
  );
});

/** Whether a run ended so that its log does not say so. */
function isUnlogged({ waiting }: Machine): boolean {
  return waiting.for === 'nothing' && (waiting.outcome.type === 'denied' || waiting.outcome.type === 'cancelled');
}

/** An event with something in it that the machine, and nobody outside, has decided. */
function changesOf(one: Event): readonly Event[] {
  switch (one.type) {
    case 'StateUpdated':
      return [{ ...one, payload: ['changed', one.payload] }];
    case 'ActionRequested':
      return [
        { ...one, actionId: `${one.actionId}0` },
        { ...one, payload: { CallTool: { input: 'changed', tool: 'echo' } } },
      ];
    case 'Interrupted':
      return JSON.stringify(one.value).includes('"$pause"') ? [] : [{ ...one, value: ['changed', one.value] }];
    case 'Resumed': {
      const [key, members] = Object.entries(one.value ?? {})[0] as [string, Readonly<Record<string, Json>>];
      const changed = (member: string, value: Json): Event => ({
        ...one,
        value: { [key]: { ...members, [member]: value } },
      });
      if (key === '$vote') return [changed('interruptId', 'run-0')];
      if (key === '$escalated') return [changed('stage', 7)];
      if (key === '$decision') return [changed('value', 'changed'), changed('by', ['changed'])];
      if (key !== '$approval') return [];
      const outcome = members['outcome'] === 'approved' ? 'denied' : 'approved';
      return [changed('outcome', outcome), changed('by', ['changed']), changed('action', { Sleep: { millis: 1 } })];
    }
    case 'ActionSucceeded':
    case 'ActionFailed':
      return [{ ...one, actionId: `${one.actionId}0` }];
    case 'Completed':
      return [event.updated('changed')];
  }
}
