/** What an agent's session did, read back from the topic of its events. */
import { z } from 'zod';
import { checkSchema, isPlainObject, KernelError } from '../../kernel';
import { memberOf } from './member';
import { sanitizeTopicComponent, topicBatches, type TopicLog } from './topic-log';

/** Something that an agent did. What is in it depends on its type. */
const AgentEventSchema = z.looseObject({ type: z.string().min(1), session_id: z.string() }).readonly();
export type AgentEvent = z.output<typeof AgentEventSchema>;

/** An event of a session, with its place in the topic. */
export interface AgentSessionReplayEvent {
  readonly eventId: number;
  readonly kind: string;
  /** In milliseconds since 1970. */
  readonly occurredAtMs: number;
  readonly event: AgentEvent;
}

/** The topic of a session's events. Sessions whose names differ only in odd characters share one. */
export function agentEventsTopic(sessionId: string): string {
  return `observability.agent_events.${sanitizeTopicComponent(sessionId)}`;
}

/**
 * The events of a session, in order.
 *
 * @throws KernelError `InvalidTopicRecord`, naming the event id, for an event of the session that can't be read
 */
export async function loadAgentSessionReplayEvents(
  log: TopicLog,
  sessionId: string,
): Promise<readonly AgentSessionReplayEvent[]> {
  const topic = agentEventsTopic(sessionId);
  const events: AgentSessionReplayEvent[] = [];
  for await (const batch of topicBatches(log, topic)) {
    for (const { eventId, kind, headers, payload, occurredAtMs } of batch) {
      const event = memberOf(payload, 'event');
      if (!isPlainObject(headers) || headers['session_id'] !== sessionId || event === undefined) continue;
      const read = checkSchema(AgentEventSchema, event);
      if (!read.ok) {
        throw new KernelError(
          'InvalidTopicRecord',
          `event ${eventId} of topic ${topic} is none of an agent: ${read.reason}`,
        );
      }
      if (read.value.session_id === sessionId) events.push({ eventId, kind, occurredAtMs, event: read.value });
    }
  }
  return events;
}
