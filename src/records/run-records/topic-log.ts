/**
 * An event log of topics: where others hear of what happens, and where a record finds what happened elsewhere. A record needs very little
 * of one, so whatever keeps events in order can be one.
 */
import type { Json } from '../../kernel';

/** An event to append. */
export interface NewTopicRecord {
  readonly kind: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Json;
  /** In milliseconds since 1970. */
  readonly occurredAtMs: number;
}

/** An event of a topic. */
export interface TopicRecord extends NewTopicRecord {
  /** 1, 2, 3, … within its topic. */
  readonly eventId: number;
}

/** Keeps events by topic. */
export interface TopicLog {
  /** @returns the event's id */
  append(topic: string, record: NewTopicRecord): Promise<number>;
  /** The events after one, in order, at most `limit`. */
  readRange(topic: string, afterEventId: number | null, limit: number): Promise<readonly TopicRecord[]>;
}

/** Events that are read of a topic at once. */
export const TOPIC_BATCH_RECORDS = 1_024;

/** The events of a topic in batches. */
export async function* topicBatches(log: TopicLog, topic: string): AsyncIterable<readonly TopicRecord[]> {
  let after: number | null = null;
  for (;;) {
    const batch: readonly TopicRecord[] = await log.readRange(topic, after, TOPIC_BATCH_RECORDS);
    if (batch.length > 0) yield batch;
    if (batch.length < TOPIC_BATCH_RECORDS) return;
    after = batch.at(-1)?.eventId ?? after;
  }
}

/** A name as a part of a topic's: what is not a plain letter, a digit, or one of `. _ -` becomes `_`. Different names may become one. */
export function sanitizeTopicComponent(name: string): string {
  return Array.from(name, (character) => (/[A-Za-z0-9._-]/.test(character) ? character : '_')).join('');
}

/** Keeps events in memory, for tests and for processes that nobody else listens to. */
export class MemoryTopicLog implements TopicLog {
  readonly #topics = new Map<string, TopicRecord[]>();

  append(topic: string, record: NewTopicRecord): Promise<number> {
    const records = this.#topics.get(topic) ?? [];
    this.#topics.set(topic, records);
    const eventId = records.length + 1;
    records.push(Object.freeze({ ...record, eventId }));
    return Promise.resolve(eventId);
  }

  readRange(topic: string, afterEventId: number | null, limit: number): Promise<readonly TopicRecord[]> {
    const from = afterEventId ?? 0;
    return Promise.resolve((this.#topics.get(topic) ?? []).slice(from, from + limit));
  }
}
