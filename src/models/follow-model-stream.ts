/** Follows a run's stream from another process: the client of `serveModelStreams`. */
import { checkSchema } from '../kernel';
import { ModelStreamEventSchema, type ModelStreamEvent } from './model-stream';
import { streamPath } from './model-stream-server';

/** Longest event, in characters: more is no stream of ours. */
const EVENT_LENGTH_MAX = 4 * 1024 * 1024;

/**
 * What the run's models say, until the server ends it or the signal is aborted. It does not end by itself with an answer: a run may have
 * many.
 *
 * @param url of the server, as `serveModelStreams` gives it
 * @throws Error when there is no such server, it refuses, or the connection is lost
 */
export async function* followModelStream(
  url: string,
  runId: string,
  options: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<ModelStreamEvent, void, undefined> {
  const { signal } = options;
  const abort = new AbortController();
  try {
    const response = await fetch(`${url.replace(/\/+$/, '')}${streamPath(runId)}`, {
      headers: { accept: 'text/event-stream' },
      signal: signal === undefined ? abort.signal : AbortSignal.any([signal, abort.signal]),
    });
    if (!response.ok || response.body === null)
      throw new Error(`the stream of ${runId} is refused: ${response.status}`);
    for await (const event of eventsOf(response.body)) yield event;
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  } finally {
    abort.abort();
  }
}

async function* eventsOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<ModelStreamEvent, void, undefined> {
  const decoder = new TextDecoder();
  let pending = '';
  for await (const bytes of body) {
    pending += decoder.decode(bytes, { stream: true });
    if (pending.length > EVENT_LENGTH_MAX) throw new Error('the stream sends no events');
    const blocks = pending.split('\n\n');
    pending = blocks.pop() ?? '';
    for (const block of blocks) {
      if (!block.startsWith('data: ')) continue;
      const checked = checkSchema(ModelStreamEventSchema, JSON.parse(block.slice('data: '.length)));
      if (!checked.ok) throw new Error(`the stream sends what is no event of a model call: ${checked.reason}`);
      yield checked.value;
    }
  }
}
