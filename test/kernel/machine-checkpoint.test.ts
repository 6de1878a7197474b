import { NOTHING_SPENT, spentIn } from '../../src/kernel/budget';
import { sequencedEventText } from '../../src/kernel/event-wire';
import { hashOf } from '../../src/kernel/hash';
import type { Json } from '../../src/kernel/json';
import { Machine } from '../../src/kernel/machine';
import type { Checkpoint, Entry, Input } from '../../src/kernel/machine-input';
import { callTool, emit, interrupt, update, waitSignal } from '../../src/kernel/step';
import { kernelError } from './kernel-error-matcher';
import { CANCEL, event, resume, RUN, signal, success } from './machine-specification';
import { MORE, scriptProgram, START } from './script-program';

const program = scriptProgram([
  update('first'),
  callTool('echo', 1),
  interrupt('go on?'),
  emit(event.updated('a', MORE) as never, event.updated('b') as never),
  waitSignal('go'),
  callTool('echo', 2),
]);

/** What arrives, and after how many events: early signals, resumes during an action, answers. */
const INPUTS: readonly (readonly [head: number, input: Input])[] = [
  [0, signal('go', 'early')],
  [0, resume('before anything')],
  [3, resume('during the action')],
  [3, signal('other', 'during the action too')],
  [3, success(3, 'one')],
  [7, resume('yes', 7)],
  [13, resume('during the second action')],
  [13, success(13, 'two')],
];

/** Plays the inputs from those that are still to come, with `between` called between any two moves. */
function play(machine: Machine, inputs: typeof INPUTS, between: (machine: Machine, left: number) => Machine): Entry[] {
  const entries: Entry[] = [];
  let left = [...inputs];
  let current = machine;
  while (current.waiting.for !== 'nothing') {
    const [head, input] = left[0] ?? [-1, CANCEL];
    if (head === current.head) {
      left = left.slice(1);
      expect(current.deliver(input)).toBeNull();
    } else {
      current.advance();
    }
    entries.push(...current.drain());
    current = between(current, left.length);
  }
  return entries;
}

const whole = play(Machine.start(program, RUN, START), INPUTS, (machine) => machine);

test('given the whole run, then its log is this', () => {
  expect(whole.map((entry) => entry.event)).toEqual([
    event.resumed('before anything'),
    event.updated('first'),
    event.tool(3, 'echo', 1),
    event.succeeded(3, 'one'),
    event.resumed('during the action'),
    event.resumed('during the action too'),
    event.interrupted('go on?'),
    event.resumed('yes'),
    event.updated('a', MORE),
    event.updated('b'),
    event.requested(11, { WaitSignal: { name: 'go' } }),
    event.succeeded(11, 'early'),
    event.tool(13, 'echo', 2),
    event.succeeded(13, 'two'),
    event.resumed('during the second action'),
    event.completed,
  ]);
});

test('given a run that is restored from its checkpoint after every move, then its log is the same', () => {
  const log = play(Machine.start(program, RUN, START), INPUTS, (machine) =>
    Machine.restore(program, throughJson(machine.checkpoint())),
  );
  expect(log).toEqual(whole);
});

test('given any one checkpoint of a run, when another machine goes on from it, then it gives the rest of the log', () => {
  const checkpoints: { checkpoint: Checkpoint; left: number }[] = [];
  play(Machine.start(program, RUN, START), INPUTS, (machine, left) => {
    checkpoints.push({ checkpoint: throughJson(machine.checkpoint()), left });
    return machine;
  });
  expect(checkpoints.length).toBeGreaterThan(whole.length / 2);
  for (const { checkpoint, left } of checkpoints) {
    const rest = play(Machine.restore(program, checkpoint), INPUTS.slice(INPUTS.length - left), (machine) => machine);
    expect(rest.map(text)).toEqual(whole.slice(checkpoint.head).map(text));
  }
});

test('given a cancelling run, when it is restored, then it is still cancelling', () => {
  const machine = Machine.start(scriptProgram([callTool('echo', 1)]), RUN, START);
  machine.advance();
  machine.deliver(CANCEL);
  const restored = Machine.restore(scriptProgram([]), throughJson(machine.checkpoint()));
  expect(restored.cancelling).toBe(true);
  expect(restored.deliver(resume(1))?.code).toBe('RunFinished');
  restored.deliver(success(1, 'done'));
  expect(restored.waiting).toEqual({ for: 'nothing', outcome: { type: 'cancelled' } });
});

test('given a checkpoint, when the machine goes on, then the checkpoint stays what it was', () => {
  const machine = Machine.start(program, RUN, START);
  machine.deliver(signal('go', 1));
  const checkpoint = machine.checkpoint();
  const before = JSON.stringify(checkpoint);
  machine.deliver(signal('go', 2));
  while (machine.waiting.for === 'step') machine.advance();
  machine.deliver(resume(1));
  expect(JSON.stringify(checkpoint)).toBe(before);
});

describe('Machine.replay', () => {
  const from = { runId: RUN, head: 0, state: program.initialState(START), spent: NOTHING_SPENT };

  test('given every prefix of a log, when it is replayed, then head and state are those of the run at that point', () => {
    for (let head = 0; head <= whole.length; head += 1) {
      const machine = Machine.replay(program, from, whole.slice(0, head));
      expect(machine.head).toBe(head);
      expect(hashOf(machine.state)).toBe(hashOf(whole[head - 1]?.state ?? START));
      expect(machine.drain()).toEqual([]);
    }
  });

  test('given every prefix of a log, when it is replayed in two parts, then it is the same machine', () => {
    for (let head = 0; head <= whole.length; head += 1) {
      const atOnce = Machine.replay(program, from, whole.slice(0, head)).checkpoint();
      for (let split = 0; split <= head; split += 1) {
        const state = (whole[split - 1]?.state ?? START) as Json;
        const tail = whole.slice(split, head);
        const before = whole.slice(Math.max(0, split - 1), split);
        const machine = Machine.replay(
          program,
          { runId: RUN, head: split, state: throughJson(state), spent: spentIn(RUN, whole.slice(0, split)) },
          tail,
          before,
        );
        expect(machine.checkpoint()).toEqual(atOnce);
      }
    }
  });

  test('given a log that ends anywhere, when it is replayed, then the run waits for what its last event says', () => {
    const waits = whole.map((_, index) => Machine.replay(program, from, whole.slice(0, index + 1)).waiting.for);
    expect(waits.join(' ')).toBe(
      'step step action step step step answer step step step action step action step step nothing',
    );
  });

  test('given a log that ends with a request, when it is replayed, then it waits for the same action under the same id', () => {
    expect(Machine.replay(program, from, whole.slice(0, 3)).waiting).toEqual({
      for: 'action',
      actionId: `${RUN}-3`,
      action: { type: 'CallTool', tool: 'echo', input: 1 },
    });
  });

  test('given a log that ends with a failure, when it is replayed, then the run has failed', () => {
    const log = [event.tool(1, 'echo', 1), event.failed(1, 'boom')].map((one, index) => ({
      seq: index + 1,
      event: one,
    }));
    expect(Machine.replay(program, from, log).waiting).toEqual({
      for: 'nothing',
      outcome: { type: 'failed', actionId: `${RUN}-1`, error: 'boom' },
    });
  });

  test('given a log whose request is no action, when it is replayed, then InvalidEvent', () => {
    const log = [{ seq: 1, event: event.requested(1, { Dance: {} }) }];
    expect(() => Machine.replay(program, from, log)).toThrow(kernelError('InvalidEvent'));
  });
});

function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function text(entry: Entry): string {
  return `${sequencedEventText(entry)} ${hashOf(entry.state)}`;
}
