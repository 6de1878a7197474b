/** Follows a run by mirroring it again and again, and says what is new in its log. */
import { setTimeout as pause } from 'node:timers/promises';
import { decodeAction, summaryOf, type LogStore, type StoredLog } from '../../../src/kernel';
import type { Mirror } from '../../../src/mirror';
import { licenceAuditor } from '../licence-auditor';

const PAUSE_MS = 50;

export interface ProgressParts {
  readonly runId: string;
  readonly mirror: Mirror;
  readonly store: LogStore;
  readonly say: (line: string) => void;
}

export class Progress {
  readonly #parts: ProgressParts;
  readonly #summaries = new Map<string, string>();
  #seen = 0;
  #succeeded = 0;

  constructor(parts: ProgressParts) {
    this.#parts = parts;
  }

  /** Actions that have succeeded so far. */
  get succeeded(): number {
    return this.#succeeded;
  }

  /** Follows the run for as long as a promise is pending. */
  async during<R>(work: Promise<R>): Promise<R> {
    const settled = work.then(
      () => 'settled' as const,
      () => 'settled' as const,
    );
    do {
      await this.look();
    } while ((await Promise.race([settled, pause(PAUSE_MS)])) !== 'settled');
    await this.look();
    return await work;
  }

  /** Mirrors what is new, and says it. */
  async look(): Promise<void> {
    const { mirror, store, runId } = this.#parts;
    await mirror.mirror(runId);
    for (const entry of await store.scanLog(runId, this.#seen + 1)) this.#tell(entry);
  }

  #tell({ eventIndex, event }: StoredLog): void {
    this.#seen = eventIndex;
    const say = (text: string): void => {
      this.#parts.say(`${String(eventIndex).padStart(6)}  ${text}`);
    };
    switch (event.type) {
      case 'ActionRequested':
        this.#summaries.set(event.actionId, summaryOf(licenceAuditor, decodeAction(event.payload)));
        break;
      case 'ActionSucceeded':
        this.#succeeded += 1;
        say(`done: ${this.#summaries.get(event.actionId) ?? event.actionId}`);
        break;
      case 'ActionFailed':
        say(`failed: ${this.#summaries.get(event.actionId) ?? event.actionId}: ${event.error}`);
        break;
      case 'StateUpdated':
        say('the licences are sorted by the policy');
        break;
      case 'Resumed':
        say(`answered: ${JSON.stringify(event.value)}`);
        break;
      case 'Interrupted':
      case 'Completed':
        break;
    }
  }
}
