/**
 * Histories that are kept as they are read, each execution once: whoever folds a run through this and writes down what was kept has
 * a log and the histories that give it, however the run moves on meanwhile.
 */
import { KernelError, type RunId } from '../kernel';
import { historyToJson, type HistoryEvent, type HistorySource, type PendingActivity } from '../mirror';

/** Events that are held at once. */
const EVENTS_MAX = 1_000_000;

export class KeptHistories implements HistorySource {
  readonly #source: HistorySource;
  readonly #kept = new Map<string, readonly HistoryEvent[]>();
  #events = 0;

  constructor(source: HistorySource) {
    this.#source = source;
  }

  /** What was read so far, as Temporal exports it. */
  get exported(): readonly unknown[] {
    return [...this.#kept.values()].map((events) => historyToJson(events));
  }

  async currentExecution(runId: RunId): Promise<string> {
    return await this.#source.currentExecution(runId);
  }

  async startOf(runId: RunId, executionId: string): Promise<HistoryEvent> {
    const [first] = await this.#all(runId, executionId);
    return first as HistoryEvent;
  }

  async pendingActivity(runId: RunId, executionId: string, activityId: string): Promise<PendingActivity | null> {
    return (await this.#source.pendingActivity?.(runId, executionId, activityId)) ?? null;
  }

  async *eventsAfter(runId: RunId, executionId: string, afterEventId: number): AsyncIterable<HistoryEvent> {
    yield* (await this.#all(runId, executionId)).slice(afterEventId);
  }

  async #all(runId: RunId, executionId: string): Promise<readonly HistoryEvent[]> {
    const kept = this.#kept.get(executionId);
    if (kept !== undefined) return kept;
    const events: HistoryEvent[] = [];
    for await (const event of this.#source.eventsAfter(runId, executionId, 0)) {
      events.push(event);
      this.#events += 1;
      if (this.#events > EVENTS_MAX) {
        throw new KernelError('Driver', `the histories of run ${runId} have more than ${EVENTS_MAX} events`);
      }
    }
    if (events.length === 0)
      throw new KernelError('RunNotFound', `execution ${executionId} of ${runId} has no history`);
    this.#kept.set(executionId, events);
    return events;
  }
}
