/** What a model may be shown: each tool call has exactly one result, before anything else is said, and nothing is without its call. */

/** A message, as far as the order of messages goes. */
export type Said =
  | { readonly role: 'system' | 'user' }
  | { readonly role: 'assistant'; readonly callIds: readonly string[] }
  | { readonly role: 'tool'; readonly callId: string };

/** Why a model must not be shown these messages; null when it may. */
export function illegalIn(messages: readonly Said[]): string | null {
  const open = new Set<string>();
  const seen = new Set<string>();
  for (const [at, message] of messages.entries()) {
    switch (message.role) {
      case 'tool':
        if (!open.delete(message.callId))
          return `message ${at} is a result of ${message.callId}, which nobody asked for or has`;
        break;
      case 'system':
        if (at !== 0) return `message ${at} is a system message`;
        break;
      case 'user':
      case 'assistant':
        if (open.size > 0) return `message ${at} comes before the results of ${[...open].join(', ')}`;
    }
    if (message.role !== 'assistant') continue;
    for (const callId of message.callIds) {
      if (seen.has(callId)) return `message ${at} repeats the call ${callId}`;
      seen.add(callId);
      open.add(callId);
    }
  }
  if (open.size > 0) return `the results of ${[...open].join(', ')} are missing`;
  return messages.at(-1)?.role === 'assistant' ? 'the model has the last word already' : null;
}
