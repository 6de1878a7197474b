/** What the protocol asks of a conversation, as real providers enforce it. */
import type { ChatMessage } from './script';

/** Why the messages are no legal conversation; null when they are. */
export function brokenLaw(messages: readonly ChatMessage[]): string | null {
  if (messages.length === 0) return 'no messages';
  let unanswered: string[] = [];
  for (const [at, message] of messages.entries()) {
    const { role, tool_calls: calls = [], tool_call_id: answered } = message;
    if (role === 'tool') {
      if (answered === undefined || !unanswered.includes(answered)) {
        return `messages[${at}]: a tool message for ${answered ?? 'no call'}, which no call before it waits for`;
      }
      unanswered = unanswered.filter((id) => id !== answered);
      continue;
    }
    if (unanswered.length > 0) return `messages[${at}]: the calls ${unanswered.join(', ')} have no tool message`;
    if ((role === 'system' || role === 'developer') && at > 0)
      return `messages[${at}]: a ${role} message that is not the first`;
    if (role !== 'assistant') continue;
    unanswered = calls.map(({ id }) => id);
    if (new Set(unanswered).size < unanswered.length) return `messages[${at}]: two calls of one id`;
    const isEmpty = message.content === undefined || message.content === null || message.content === '';
    if (isEmpty && calls.length === 0) return `messages[${at}]: an assistant message with nothing in it`;
  }
  return unanswered.length === 0 ? null : `the calls ${unanswered.join(', ')} have no tool message`;
}
