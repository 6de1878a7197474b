import fc from 'fast-check';
import type { Event } from '../../src/kernel/event';
import { sequencedEventText } from '../../src/kernel/event-wire';
import { hashOf } from '../../src/kernel/hash';
import { Machine } from '../../src/kernel/machine';
import type { Entry, Input } from '../../src/kernel/machine-input';
import { callTool, emit, interrupt, sleep, update, waitSignal, type Next } from '../../src/kernel/step';
import { NOTHING_SPENT, spentIn } from '../../src/kernel/budget';
import type { Json } from '../../src/kernel/json';
import { anyJson } from './any-event';
import { CANCEL, event, resume, RUN, signal } from './machine-specification';
import { MORE, scriptProgram, START } from './script-program';

const anyNext: fc.Arbitrary<Next> = fc.oneof(
  anyJson.map((payload) => update(payload, 'step')),
  fc.array(anyJson, { maxLength: 3 }).map((payloads) => {
    const events: Event[] = [...payloads.map((payload) => event.updated(payload, MORE)), event.updated('last')];
    return emit(...(events as never[]));
  }),
  anyJson.map((input) => callTool('echo', input)),
  anyJson.map((value) => interrupt(value)),
  fc.constant(waitSignal('go')),
  fc.constant(sleep(5)),
);

/** What arrives; `result` and `answer` are made to fit whatever the run waits for. */
type Arrival =
  | Input
  | { readonly type: 'output'; readonly value: Json }
  | { readonly type: 'broken'; readonly error: string }
  | { readonly type: 'answer'; readonly value: Json };

const anyArrival: fc.Arbitrary<Arrival> = fc.oneof(
  { weight: 4, arbitrary: anyJson.map((value) => ({ type: 'output' as const, value })) },
  { weight: 3, arbitrary: anyJson.map((value) => ({ type: 'answer' as const, value })) },
  { weight: 2, arbitrary: anyJson.map((value) => signal('go', value)) },
  { weight: 1, arbitrary: anyJson.map((value) => signal('other', value)) },
  { weight: 1, arbitrary: anyJson.map((value) => resume(value)) },
  { weight: 1, arbitrary: anyJson.map((value) => resume(value, 3)) },
  { weight: 1, arbitrary: fc.constant({ type: 'broken' as const, error: 'boom' }) },
  { weight: 1, arbitrary: fc.constant(CANCEL) },
);

/** Groups of arrivals: a shell delivers a group, then advances as far as it goes. */
const anyArrivals = fc.array(fc.array(anyArrival, { maxLength: 3 }), { maxLength: 15 });
const anyScript = fc.array(anyNext, { maxLength: 8 });

function inputFor(machine: Machine, arrival: Arrival): Input | null {
  const { waiting } = machine;
  switch (arrival.type) {
    case 'output':
    case 'broken': {
      if (waiting.for !== 'action') return null;
      const { actionId } = waiting;
      if (arrival.type === 'broken') return { type: 'result', actionId, result: { type: 'failure', error: 'boom' } };
      return { type: 'result', actionId, result: { type: 'success', output: arrival.value } };
    }
    case 'answer':
      return waiting.for === 'answer'
        ? { type: 'resume', value: arrival.value, interruptId: waiting.interruptId }
        : null;
    default:
      return arrival;
  }
}

/** Plays arrivals; `between` may put another machine in the place of the one that got so far. */
function play(
  script: readonly Next[],
  arrivals: readonly (readonly Arrival[])[],
  between: (machine: Machine) => Machine = (machine) => machine,
): readonly Entry[] {
  const entries: Entry[] = [];
  let machine = Machine.start(scriptProgram(script), RUN, START);
  const pass = (): void => {
    entries.push(...machine.drain());
    machine = between(machine);
  };
  for (const group of [[], ...arrivals]) {
    for (const arrival of group) {
      const input = inputFor(machine, arrival);
      if (input !== null) machine.deliver(input);
      pass();
    }
    while (machine.waiting.for === 'step') {
      machine.advance();
      pass();
    }
  }
  return entries;
}

function textOf(entries: readonly Entry[]): string {
  return entries.map((entry) => `${sequencedEventText(entry)} ${hashOf(entry.state)}`).join('\n');
}

test('given any script and inputs, then the log has no gaps, one result per request, and nothing after its end', () => {
  fc.assert(
    fc.property(anyScript, anyArrivals, (script, arrivals) => {
      let open: string | null = null;
      for (const [index, { seq, event: one }] of play(script, arrivals).entries()) {
        expect(seq).toBe(index + 1);
        if (one.type === 'ActionRequested') {
          expect(open).toBeNull();
          expect(one.actionId).toBe(`${RUN}-${seq}`);
          open = one.actionId;
        } else if (one.type === 'ActionSucceeded' || one.type === 'ActionFailed') {
          expect(one.actionId).toBe(open);
          open = one.type === 'ActionFailed' ? 'the run has ended' : null;
        } else {
          expect(open).toBeNull();
          if (one.type === 'Completed') open = 'the run has ended';
        }
      }
    }),
  );
});

test('given any log, when it is replayed from the start, from every snapshot and in two parts, then states and hashes are the same', () => {
  fc.assert(
    fc.property(anyScript, anyArrivals, (script, arrivals) => {
      const program = scriptProgram(script);
      const log = play(script, arrivals);
      const start = { runId: RUN, head: 0, state: program.initialState(START), spent: NOTHING_SPENT };
      const whole = Machine.replay(program, start, log);
      expect(hashOf(whole.state)).toBe(hashOf(log.at(-1)?.state ?? START));
      for (const [index, snapshot] of log.entries()) {
        const part = Machine.replay(program, start, log.slice(0, index + 1));
        expect(hashOf(part.state)).toBe(hashOf(snapshot.state));
        const state = JSON.parse(JSON.stringify(snapshot.state)) as Json;
        const from = { runId: RUN, head: snapshot.seq, state, spent: spentIn(RUN, log.slice(0, index + 1)) };
        const rest = Machine.replay(program, from, log.slice(index + 1), snapshot);
        expect(rest.checkpoint()).toEqual(whole.checkpoint());
      }
    }),
  );
});

test('given the same inputs, when the machine is restored from its checkpoint at any moment, then the log is the same', () => {
  fc.assert(
    fc.property(anyScript, anyArrivals, fc.infiniteStream(fc.boolean()), (script, arrivals, restores) => {
      const restoring = play(script, arrivals, (machine) =>
        restores.next().value
          ? Machine.restore(scriptProgram(script), JSON.parse(JSON.stringify(machine.checkpoint())) as never)
          : machine,
      );
      expect(textOf(restoring)).toBe(textOf(play(script, arrivals)));
    }),
  );
});

test('given the same inputs, when a shell asks, looks and drains between them as it likes, then the log is the same', () => {
  fc.assert(
    fc.property(anyScript, anyArrivals, fc.infiniteStream(fc.nat(3)), (script, arrivals, questions) => {
      let undrained: Entry[] = [];
      const asking = play(script, arrivals, (machine) => {
        for (let left = (questions.next().value as number | undefined) ?? 0; left > 0; left -= 1) {
          machine.refusalOf(resume('?', 1));
          machine.refusalOf(signal('go', '?'));
          undrained = [...undrained, ...machine.drain()];
          machine.checkpoint();
        }
        return machine;
      });
      expect(undrained).toEqual([]);
      expect(textOf(asking)).toBe(textOf(play(script, arrivals)));
    }),
  );
});
