import fc from 'fast-check';
import { NOTHING_SPENT, spentIn } from '../../src/kernel/budget';
import { hashOf } from '../../src/kernel/hash';
import type { Json } from '../../src/kernel/json';
import { Machine } from '../../src/kernel/machine';
import type { Entry } from '../../src/kernel/machine-input';
import { anyArrivals, anyScript, play, textOf } from './any-run';
import { resume, RUN, signal } from './machine-specification';
import { scriptProgram, START } from './script-program';

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
        const rest = Machine.replay(program, from, log.slice(index + 1), [snapshot]);
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
