import fc from 'fast-check';
import type { Event } from '../../src/kernel/event';
import { sequencedEventText } from '../../src/kernel/event-wire';
import { NOTHING_SPENT } from '../../src/kernel/budget';
import type { Json } from '../../src/kernel/json';
import { Machine } from '../../src/kernel/machine';
import { ReplayCursor } from '../../src/kernel/replay-cursor';
import { ReplayResume } from '../../src/kernel/replay-resume';
import type { Next } from '../../src/kernel/step';
import { TimelineForker } from '../../src/kernel/timeline-fork';
import type { Waiting } from '../../src/kernel/waiting';
import { MemoryStore } from '../../src/stores/memory-store';
import { anyJson } from './any-event';
import { anyArrivals, anyScript, play, type Arrival } from './any-run';
import { event, RUN } from './machine-specification';
import { scriptProgram, START } from './script-program';

const BRANCH = 'branch';

/** A run's log, played and stored. */
async function stored(script: readonly Next[], arrivals: readonly (readonly Arrival[])[]) {
  const entries = play(script, arrivals);
  const store = new MemoryStore();
  await store.append(
    RUN,
    entries.map((entry) => entry.event),
  );
  return { store, entries, program: scriptProgram(script) };
}

async function textOf(store: MemoryStore, runId: string): Promise<string> {
  return (await store.scan(runId, 1)).map(sequencedEventText).join('\n');
}

test('given any log, when it is stepped through, then the states are those of the run, and the last is that of a replay', async () => {
  await fc.assert(
    fc.asyncProperty(anyScript, anyArrivals, async (script, arrivals) => {
      const { store, entries, program } = await stored(script, arrivals);
      const cursor = new ReplayCursor({ events: store, program });
      const steps = cursor.steps(RUN, START);
      const seen: unknown[] = [];
      for await (const { sequenced, state } of steps) seen.push([sequencedEventText(sequenced), state]);
      expect(seen).toEqual(entries.map((entry) => [sequencedEventText(entry), entry.state]));
      expect(steps.currentState).toEqual(await cursor.replay(RUN, START));
    }),
  );
});

test('given any log and any seq, when it is replayed from a snapshot there, then the state is that of a whole replay', async () => {
  await fc.assert(
    fc.asyncProperty(anyScript, anyArrivals, fc.nat(), async (script, arrivals, at) => {
      const { store, entries, program } = await stored(script, arrivals);
      const cursor = new ReplayCursor({ events: store, program });
      const atSeq = at % (entries.length + 1);
      const state = entries[atSeq - 1]?.state ?? START;
      expect(await cursor.replayFrom({ runId: RUN, atSeq, state: state as never })).toEqual(
        await cursor.replay(RUN, START),
      );
    }),
  );
});

test('given any log, when it is forked at any seq, then the source’s bytes stay and the branch replays to the same place', async () => {
  await fc.assert(
    fc.asyncProperty(anyScript, anyArrivals, fc.nat(), anyJson, async (script, arrivals, at, value) => {
      const { store, entries, program } = await stored(script, arrivals);
      fc.pre(entries.length > 0);
      const before = await textOf(store, RUN);
      const forkPointSeq = at % (entries.length + 1);
      const forker = new TimelineForker({ events: store, program });
      const request = { sourceRunId: RUN, branchId: BRANCH, forkPointSeq, initialState: START };
      const plain = await forker.fork(request);
      expect(plain.finalState).toEqual(entries[forkPointSeq - 1]?.state ?? START);

      // And once more with what fits there instead of the source's next event, if anything does.
      const alternateEvent = alternateFor(plain.checkpoint.waiting, value);
      const branches = [plain];
      if (alternateEvent !== null) {
        branches.push(await forker.fork({ ...request, branchId: `${BRANCH}2`, alternateEvent }));
      }
      for (const { fork, checkpoint } of branches) {
        const { branchId } = fork;
        const log = await store.scan(branchId, 1);
        const from = { runId: branchId, head: 0, state: program.initialState(START), spent: NOTHING_SPENT };
        const machine = Machine.replay(program, from, log);
        expect(machine.checkpoint()).toEqual(checkpoint);
        expect(log).toHaveLength(forkPointSeq + (fork.alternateEvent === null ? 0 : 1));
        // It goes on: the next step is taken like any other.
        if (machine.waiting.for === 'step') machine.advance();
        for (const { event: one, seq } of log) {
          if (one.type === 'ActionRequested') expect(one.actionId).toBe(`${branchId}-${seq}`);
        }
      }
      expect(await textOf(store, RUN)).toBe(before);
    }),
  );
});

test('given any log, when it is resumed twice, then the second is like the first, in the log or not', async () => {
  await fc.assert(
    fc.asyncProperty(anyScript, anyArrivals, anyJson, async (script, arrivals, value) => {
      const { store, entries, program } = await stored(script, arrivals);
      const resume = new ReplayResume({ events: store, program });
      const before = await textOf(store, RUN);
      const [first, second] = await Promise.allSettled([
        resume.resume(RUN, { value }, START),
        resume.resume(RUN, { value }, START),
      ]);
      expect(second).toEqual(first);
      if (first.status === 'rejected') {
        // A log that waits for an answer refuses nobody.
        expect(entries.at(-1)?.event.type).not.toBe('Interrupted');
        expect(first.reason).toMatchObject({ name: 'KernelError' });
        return;
      }
      expect(await resume.verifyIdempotent(RUN, { value }, START)).toBe(true);
      expect(await textOf(store, RUN)).toBe(before);
      await resume.resumeAndAppend(RUN, { value }, START);
      expect(await resume.resumeAndAppend(RUN, { value }, START)).toEqual({ ...first.value, idempotent: true });
    }),
  );
});

function alternateFor(waiting: Waiting, value: Json): Event | null {
  switch (waiting.for) {
    case 'step':
      return event.updated(value);
    case 'answer':
      return event.resumed(value);
    case 'action':
      // The source's name for it: a branch that is still to come can't be named.
      return event.succeeded(Number(waiting.actionId.slice(BRANCH.length + 1)), value);
    case 'actions':
    case 'nothing':
      return null;
  }
}
