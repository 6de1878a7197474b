/**
 * What the loop of a run waits for: somebody rings when something has happened that it may have to act on.
 *
 * Guarantees: a ring between a look at how things stand and the wait for the bell is not lost; any number of rings wakes once. Whoever waits
 * goes on some turns after the ring, when all else that the same activation brings has arrived too. It is awaited for the price of one
 * promise (see `delivery-turns.ts`).
 *
 * Why it is no `condition` of Temporal's: a condition is looked at in another call into the sandbox, after the activation's own, and
 * each call starts a thread that guards its time. A bell wakes the loop in the call in which something happened.
 */
import { turns } from './delivery-turns';

export class Bell implements PromiseLike<undefined> {
  readonly #turnsAfter: number;
  #rung = false;
  #wake: (() => void) | null = null;

  /** @param turnsAfter turns of the microtask queue between a ring and whoever waits for it */
  constructor(turnsAfter: number) {
    this.#turnsAfter = turnsAfter;
  }

  ring(): void {
    this.#rung = true;
    this.#answer();
  }

  /** Forgets rings: whoever waits looks at how things stand after this, and before the wait. */
  silence(): void {
    this.#rung = false;
  }

  /** One waits at a time: `await bell`. */
  then<A = undefined, B = never>(resolve?: ((value: undefined) => A | PromiseLike<A>) | null): PromiseLike<A | B> {
    this.#wake = () => {
      resolve?.(turns(this.#turnsAfter) as unknown as undefined);
    };
    this.#answer();
    // Nobody chains on it: `await` hands over its own functions, and reads nothing that comes back.
    return this as unknown as PromiseLike<A | B>;
  }

  #answer(): void {
    if (!this.#rung || this.#wake === null) return;
    const wake = this.#wake;
    this.#wake = null;
    this.#rung = false;
    wake();
  }
}
