/**
 * What models say while they say it, for whoever watches a run: a hub in the worker's process. Nothing of it is kept: the final message is in
 * the conversation, and a run depends on no subscriber.
 *
 * Guarantees: a new attempt of a call begins with `start` and a higher `attempt`; what was said by the one before is void then, and nothing of
 * that one comes any more. Whoever comes late gets what the running attempts have said so far.
 *
 * Why not `@temporalio/workflow-streams`: there a stream is part of the workflow. Publishing is a signal, and each one stays in the run's
 * history for good; so the tokens of a long answer would cost more history than the whole run, and be in it twice. Here no byte goes to the
 * server. The price: a stream can be followed only where the worker of the call runs, and what was missed can't be had again.
 */
import { KernelError, type RunId } from '../kernel';
import { ModelStream, type ModelStreamEvent, type StreamPlace } from './model-stream';

export type StreamListener = (event: ModelStreamEvent) => void;

/** Most subscribers at a time. */
export const SUBSCRIBERS_MAX = 10_000;

export class ModelStreams {
  /** The newest attempt of each call that is under way, by run and action. */
  readonly #running = new Map<RunId, Map<string, ModelStream>>();
  readonly #listeners = new Map<RunId, Set<StreamListener>>();
  #subscribers = 0;

  /**
   * Tells the listener what the run's models say from now on, after what those that are at it have said so far.
   *
   * @returns ends it
   * @throws KernelError `RunnerBusy` when there are too many subscribers
   */
  subscribe(runId: RunId, listener: StreamListener): () => void {
    if (this.#subscribers >= SUBSCRIBERS_MAX) {
      throw new KernelError('RunnerBusy', `${SUBSCRIBERS_MAX} subscribers follow streams here: no more can`);
    }
    // Its own function, so that one listener may be given twice.
    const own: StreamListener = (event) => {
      listener(event);
    };
    const listeners = this.#listeners.get(runId) ?? new Set();
    this.#listeners.set(runId, listeners.add(own));
    this.#subscribers += 1;
    for (const stream of this.#running.get(runId)?.values() ?? []) {
      for (const event of stream.soFar()) this.#tell(runId, own, event);
    }
    return () => {
      this.#leave(runId, own);
    };
  }

  /** Begins the stream of an attempt; an earlier attempt of the same call is silent from now on. */
  open(place: StreamPlace): ModelStream {
    const { runId, actionId } = place;
    const streams = this.#running.get(runId) ?? new Map<string, ModelStream>();
    this.#running.set(runId, streams);
    streams.get(actionId)?.silence();
    const stream = new ModelStream(place, (event) => {
      if (event.type === 'end' || event.type === 'failed') this.#close(stream);
      for (const listener of [...(this.#listeners.get(runId) ?? [])]) this.#tell(runId, listener, event);
    });
    streams.set(actionId, stream);
    stream.start();
    return stream;
  }

  #close(stream: ModelStream): void {
    const { runId, actionId } = stream.place;
    const streams = this.#running.get(runId);
    if (streams?.get(actionId) !== stream) return;
    streams.delete(actionId);
    if (streams.size === 0) this.#running.delete(runId);
  }

  /** A listener that throws is not told any more: a model call must not fail because somebody watches it. */
  #tell(runId: RunId, listener: StreamListener, event: ModelStreamEvent): void {
    if (this.#listeners.get(runId)?.has(listener) !== true) return;
    try {
      listener(event);
    } catch {
      this.#leave(runId, listener);
    }
  }

  #leave(runId: RunId, listener: StreamListener): void {
    const listeners = this.#listeners.get(runId);
    if (listeners?.delete(listener) !== true) return;
    this.#subscribers -= 1;
    if (listeners.size === 0) this.#listeners.delete(runId);
  }
}
