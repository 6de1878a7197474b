/**
 * Stretches: short calls that were done one after the other in one go, by a copy of the machine that the run has. Whoever has the
 * results takes them here, one by one, with the steps between.
 *
 * Guarantees: the events are those of a run in which each result came by itself, and everything else that came meanwhile came while the
 * last of them ran. Results are never put to other actions than those that they are the results of.
 */
import { CANCELLED_ERROR, encodeAction, type Action, type ActionResult } from './action';
import { canonicalJson } from './canonical-json';
import { KernelError } from './error';
import { sha256Hex, type Hash } from './hash';
import type { ActionId } from './identity';
import type { Machine } from './machine';
import type { Checkpoint, Collected, Input } from './machine-input';
import type { Program } from './program';
import { shortCallOf, type ShortCall } from './short-tool';
import { describe } from './waiting';

/** What was done in a stretch. */
export interface Stretch {
  /** How often each tool was called, by its name: for whoever reads a history. */
  readonly ran: Readonly<Record<string, number>>;
  /** In the order in which the actions were asked for and done. */
  readonly results: readonly Collected[];
  /** Which actions were done: a chain of hashes over them. */
  readonly asked: Hash;
}

/** A stretch in which nothing was done. */
export const NOTHING_DONE: Stretch = { ran: {}, results: [], asked: '' };

/** A stretch with one more call. */
export function stretchAfter({ ran, results, asked }: Stretch, call: ShortCall, result: ActionResult): Stretch {
  const { actionId, action } = call;
  return {
    ran: ranAfter(ran, action.tool),
    results: [...results, { actionId, result }],
    asked: askedAfter(asked, action),
  };
}

function ranAfter(ran: Stretch['ran'], tool: string): Stretch['ran'] {
  // Not `ran[tool]`: a tool may have the name of what every object has.
  const calls = new Map(Object.entries(ran)).get(tool) ?? 0;
  return { ...ran, [tool]: calls + 1 };
}

function askedAfter(asked: Hash, action: Action): Hash {
  return sha256Hex(`${asked} ${canonicalJson(encodeAction(action))}`);
}

/** What a copy of the machine needs to do a stretch: all but what only comes into play at its end. */
export function stretchStart(machine: Machine): Checkpoint {
  const { runId, head, state, waiting, spent } = machine.checkpoint();
  return { runId, head, state, waiting, inbox: [], signals: [], cancelling: false, spent };
}

/** How whoever takes a stretch tells its machine. */
export interface StretchTaker {
  readonly deliver: (input: Input) => void;
  readonly advance: () => void;
}

/**
 * Takes the results of a stretch that began with the action that the machine waits for. No step is taken behind the last one. When
 * nothing was done, the action is still to be done; unless the run was cancelled meanwhile.
 *
 * @throws KernelError `Driver` when they are not the results of what this program asks for: the machine must not be used any more
 */
export function takeStretch(
  program: Program,
  machine: Machine,
  first: ActionId,
  { ran, results, asked }: Stretch,
  { deliver, advance }: StretchTaker,
): void {
  if (results.length === 0 && machine.cancelling) {
    deliver({ type: 'result', actionId: first, result: { type: 'failure', error: CANCELLED_ERROR } });
  }
  let expected = NOTHING_DONE;
  for (const [index, { actionId, result }] of results.entries()) {
    const call = shortCallOf(program, machine.waiting);
    if (call?.actionId !== actionId) {
      const waits = describe(machine.waiting);
      throw new KernelError('Driver', `a burst did ${actionId}, but the run of ${program.name} waits for ${waits}`);
    }
    expected = stretchAfter(expected, call, result);
    const more = index + 1 < results.length;
    deliver({ type: 'result', actionId, result, ...(more ? { more } : {}) });
    while (more && machine.waiting.for === 'step') advance();
  }
  if (asked !== expected.asked) {
    throw new KernelError('Driver', `a burst did other actions than ${program.name} asks for: was it changed?`);
  }
  if (canonicalJson(ran) === canonicalJson(expected.ran)) return;
  const [said, found] = [canonicalJson(ran), canonicalJson(expected.ran)];
  throw new KernelError('Driver', `a burst says that it ran ${said}, but its results are those of ${found}`);
}
