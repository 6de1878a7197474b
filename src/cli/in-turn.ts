/** Work on many things, a few at a time, in order. */

/** What is worked on at once: a server is asked by others too. */
const AT_ONCE = 8;

/** The results, in the order of the things. The first error ends it, when what is under way has ended. */
export async function mapInTurn<T, R>(things: readonly T[], work: (thing: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < things.length) {
      const index = next;
      next += 1;
      results[index] = await work(things[index] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, things.length) }, worker));
  return results;
}
