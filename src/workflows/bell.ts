/**
 * What the loop of a run waits for: somebody rings when something has happened that it may have to act on.
 *
 * Guarantees: a ring between a look at how things stand and the wait for the bell is not lost; any number of rings wakes once. Whoever waits
 * goes on some turns after the ring, when all else that the same activation brings has arrived too, and for the price of no promise (see
 * `delivery-turns.ts`).
 *
 * Why it is no `condition` of Temporal's: a condition is looked at in another call into the sandbox, after the activation's own, and
 * each call starts a thread that guards its time. A bell wakes the loop in the call in which something happened.
 */
import { DeliveryTurns } from './delivery-turns';

export class Bell {
  readonly #turns = new DeliveryTurns();
  readonly #turnsAfter: number;
  #rung = false;
  #goOn: (() => void) | null = null;

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

  /** Goes on after the next ring. One waits at a time. */
  wait(goOn: () => void): void {
    this.#goOn = goOn;
    this.#answer();
  }

  #answer(): void {
    const goOn = this.#goOn;
    if (!this.#rung || goOn === null) return;
    this.#goOn = null;
    this.#rung = false;
    this.#turns.after(this.#turnsAfter, goOn);
  }
}
