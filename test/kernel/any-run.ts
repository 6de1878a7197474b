/** Arbitrary runs for property tests: scripts, what arrives from outside, and the play of one against the other. */
import fc from 'fast-check';
import type { Event } from '../../src/kernel/event';
import { sequencedEventText } from '../../src/kernel/event-wire';
import { hashOf } from '../../src/kernel/hash';
import { Machine } from '../../src/kernel/machine';
import type { Entry, Input } from '../../src/kernel/machine-input';
import { callTool, emit, interrupt, sleep, update, waitSignal, type Next } from '../../src/kernel/step';
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
export type Arrival =
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
export const anyArrivals = fc.array(fc.array(anyArrival, { maxLength: 3 }), { maxLength: 15 });
/** Any script; it completes at its end. */
export const anyScript = fc.array(anyNext, { maxLength: 8 });

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
export function play(
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

/** The log as text, with the hash of the state after each event. */
export function textOf(entries: readonly Entry[]): string {
  return entries.map((entry) => `${sequencedEventText(entry)} ${hashOf(entry.state)}`).join('\n');
}
