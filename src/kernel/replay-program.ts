/**
 * What a replay needs of a program: how events change the state. It has no `step`, so nothing can be asked for, let alone done.
 *
 * Every program is one. Where a program checks what comes in from outside (starts, answers, outputs, signals), a replay that
 * puts something in checks it too.
 */
import { guarded } from './determinism-guard';
import { isKernelError, KernelError, messageOf } from './error';
import { sealJson, type Json } from './json';
import type { Checked, Program } from './program';
import type { Reducer } from './reducer';
import { isReserved } from './resumption';

/** Reduces events. */
export type ReplayProgram = Pick<Program, 'reduce'> &
  Partial<Pick<Program, 'initialState' | 'readAnswer' | 'readOutput' | 'readSignal' | 'goesOnAfter'>>;

/** A bare reducer as a replay program. It runs under the determinism guard, and its errors are `Reducer` errors. */
export function replayProgram(reduce: Reducer): ReplayProgram {
  return {
    reduce(state, event, seq) {
      try {
        return sealJson(guarded('reduce', () => reduce(state, event, seq)));
      } catch (error) {
        if (isKernelError(error, 'DeterminismViolation')) throw error;
        throw new KernelError('Reducer', `reduce failed at event ${seq} (${event.type}): ${messageOf(error)}`, {
          cause: error,
          seq,
        });
      }
    },
  };
}

/**
 * The state that a run starts from, read as its program reads it.
 *
 * @throws KernelError `InvalidInitialState`; `NotJson` where no program reads it
 */
export function startOf(program: ReplayProgram, initialState: unknown): Json {
  return program.initialState === undefined ? sealJson(initialState) : program.initialState(initialState);
}

/** What an answer to an interrupt becomes in the log; any JSON but the kernel's own, where no program reads it. */
export function readAnswerOf(program: ReplayProgram, value: unknown): Checked {
  return readPlain(program.readAnswer === undefined ? readJson(value) : program.readAnswer(value));
}

/** A plain value must not be taken for one of the kernel's own. */
function readPlain(checked: Checked): Checked {
  if (!checked.ok || !isReserved(checked.value)) return checked;
  return { ok: false, reason: 'an object whose one member begins with $ is the kernel’s own' };
}

function readJson(value: unknown): Checked {
  try {
    return { ok: true, value: sealJson(value) };
  } catch (error) {
    return { ok: false, reason: messageOf(error) };
  }
}
