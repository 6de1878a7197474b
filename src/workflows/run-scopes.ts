/**
 * The cancellation scopes of a run.
 *
 * An action that is alone is begun in the run's own scope, which hears of a cancel of the run by itself: the machine is told of it at a boundary, and would have it
 * stopped then. Several at once are begun in a scope of their own, because one that fails the run stops the others. Whatever must not hear of a cancel
 * is shielded.
 *
 * Scopes are made when they are needed: a scope makes promises, `run` makes more, and from the first `run` on Node.js follows every promise of the sandbox's
 * thread, which takes more time than the machine does.
 */
import { AsyncLocalStorage, CancellationScope } from '@temporalio/workflow';

/** Does something at once, in a scope. */
type ScopeEntry = (act: () => void) => void;

/** The static side of Node's class, of which Temporal's types have only the constructor. */
const Storage = AsyncLocalStorage as unknown as { snapshot(): ScopeEntry };

export class RunScopes {
  readonly #root = CancellationScope.current();
  #shield: CancellationScope | null = null;
  #several: { readonly scope: CancellationScope; readonly enter: ScopeEntry } | null = null;

  /** Whether a cancel of the run arrived. */
  get isCancelled(): boolean {
    return this.#root.consideredCancelled;
  }

  /** Does something once a cancel of the run arrives. */
  onCancel(act: () => void): void {
    this.#root.cancelRequested.catch(act);
  }

  /** Begins one action of several. */
  oneOfSeveral(begin: () => void): void {
    this.#several ??= entered(new CancellationScope({ cancellable: true, parent: this.#shielding }));
    this.#several.enter(begin);
  }

  /** Tells several actions to stop. One that is alone was told by the cancel itself. */
  stopSeveral(): void {
    this.#several?.scope.cancel();
  }

  /** Does something that hears of no cancel. */
  async shielded<R>(act: () => Promise<R>): Promise<R> {
    return await this.#shielding.run(act);
  }

  /** A scope for something that hears of no cancel of the run, and can be cancelled by itself. */
  apart(): CancellationScope {
    return new CancellationScope({ cancellable: true, parent: this.#shielding });
  }

  get #shielding(): CancellationScope {
    this.#shield ??= new CancellationScope({ cancellable: false, parent: this.#root });
    return this.#shield;
  }
}

/** A scope with a way in that makes no promises, as `run` does: it is entered once, and the way is remembered. */
function entered(scope: CancellationScope): { readonly scope: CancellationScope; readonly enter: ScopeEntry } {
  // A scope runs what it is given at once.
  const entries: ScopeEntry[] = [];
  void scope.run(() => {
    entries.push(Storage.snapshot());
    return Promise.resolve();
  });
  return { scope, enter: entries[0] as ScopeEntry };
}
