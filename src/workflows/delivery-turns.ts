/**
 * Some turns of the microtask queue, for the price of one promise.
 *
 * Guarantees: whoever awaits it goes on after exactly as many turns as `count` times `await Promise.resolve()` would take.
 *
 * Why it matters: Temporal's sandbox takes and formats a stack trace for every promise that a workflow makes. A loop of awaits makes two
 * promises a turn, and that took more time than everything else that a run does. What is resolved with an object that has a
 * `then` asks it in the next turn, without a promise of its own; so this object is resolved with itself until its turns are over.
 */
export function turns(count: number): PromiseLike<undefined> {
  let left = count;
  const again: PromiseLike<undefined> = {
    then<A = undefined, B = never>(resolve?: ((value: undefined) => A | PromiseLike<A>) | null): PromiseLike<A | B> {
      left -= 1;
      // The last turn is the one in which whoever awaits this goes on.
      resolve?.((left > 1 ? again : undefined) as undefined);
      // Nobody chains on it: `await` hands over its own functions, and reads nothing that comes back.
      return again as unknown as PromiseLike<A | B>;
    },
  };
  return again;
}
