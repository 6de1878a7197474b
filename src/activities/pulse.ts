/**
 * A timer for all who want to be called as often. A timer for each would be made and ended in vain by every call that is over sooner,
 * and most are.
 */
export class Pulse {
  static readonly #pulses = new Map<number, Pulse>();
  readonly #everyMs: number;
  readonly #beats = new Set<() => void>();
  #timer: NodeJS.Timeout | null = null;

  private constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** The pulse with so many milliseconds between two beats. */
  static every(everyMs: number): Pulse {
    const pulse = Pulse.#pulses.get(everyMs) ?? new Pulse(everyMs);
    Pulse.#pulses.set(everyMs, pulse);
    return pulse;
  }

  /** Has something called, for the first time after one interval at most. It must not throw. */
  add(beat: () => void): void {
    this.#beats.add(beat);
    // Whoever is called runs in a process that works; the timer by itself is no reason to go on.
    this.#timer ??= setInterval(() => {
      this.#go();
    }, this.#everyMs).unref();
  }

  /** Has it called no more. */
  remove(beat: () => void): void {
    this.#beats.delete(beat);
  }

  #go(): void {
    for (const beat of this.#beats) beat();
    if (this.#beats.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }
}
