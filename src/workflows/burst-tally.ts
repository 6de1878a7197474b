/** What ran in a burst, for whoever looks at the run: the activity's summary can only say what it begins with. */

/** So many different calls are named. */
const NAMED_MAX = 10;

export class BurstTally {
  readonly #counts = new Map<string, number>();

  /** Counts a call, by what it does in a few words. */
  count(summary: string): void {
    this.#counts.set(summary, (this.#counts.get(summary) ?? 0) + 1);
  }

  /** As `tick ×3, echo`, in the order of their first calls. */
  toString(): string {
    const named = [...this.#counts]
      .slice(0, NAMED_MAX)
      .map(([summary, count]) => (count === 1 ? summary : `${summary} ×${count}`));
    return [...named, ...(this.#counts.size > NAMED_MAX ? ['…'] : [])].join(', ');
  }
}
