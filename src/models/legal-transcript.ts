/**
 * What every provider asks of a conversation: each call has one result, before anybody else speaks, and no result stands without its call.
 * It is checked before a request is made: a provider's own words about it help nobody.
 */
import type { Message } from './message';

/** Why a conversation can't be sent to a model; null when it can. */
export function illegalBecause(messages: readonly Message[]): string | null {
  if (messages.length === 0) return 'there is no message';
  const open = new Set<string>();
  for (const [index, message] of messages.entries()) {
    const at = `message ${index + 1} (${message.role})`;
    if (message.role === 'tool') {
      if (!open.delete(message.callId)) return `${at} is the result of no open call: ${message.callId}`;
      continue;
    }
    if (open.size > 0) return `${at} comes before the result of the call ${[...open].join(', ')}`;
    switch (message.role) {
      case 'system':
        if (index > 0) return `${at} is not the first`;
        break;
      case 'user':
        break;
      case 'assistant':
        for (const { callId } of message.calls) {
          if (open.has(callId)) return `${at} has two calls of the id ${callId}`;
          open.add(callId);
        }
    }
  }
  return open.size === 0 ? null : `the call ${[...open].join(', ')} has no result`;
}
