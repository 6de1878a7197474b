/**
 * Turns of the microtask queue, without a promise for each.
 *
 * Guarantees: what waits goes on after exactly as many turns as `count` times `await Promise.resolve()` would take.
 *
 * Why it matters: Temporal's sandbox takes and formats a stack trace for every promise that a workflow makes. A loop of awaits makes two
 * promises a turn, and that took more time than everything else that a run does. What is resolved with an object that has a
 * `then` asks it in the next turn, without a promise of its own. So one promise, which is never settled, is enough for a run: it is resolved
 * with an object that resolves it with itself, until the turns are over, and what it would be resolved with next is kept.
 */
type Resolve = (value: PromiseLike<undefined>) => void;

export class DeliveryTurns {
  #resolve: Resolve = () => undefined;

  constructor() {
    void new Promise<undefined>((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Goes on after so many turns. One goes on at a time, and must not throw. */
  after(count: number, goOn: () => void): void {
    let left = count;
    const again = {
      then: (resolve: Resolve): void => {
        left -= 1;
        if (left > 0) {
          resolve(again);
          return;
        }
        this.#resolve = resolve;
        goOn();
      },
    } as unknown as PromiseLike<undefined>;
    this.#resolve(again);
  }
}
