/**
 * An attempt's heartbeats, sent by themselves, so that a lost worker is noticed and a cancel is heard soon. What the tool itself
 * last said of its progress is said again with each: a heartbeat without details would wipe it.
 */
import type { Context } from '@temporalio/activity';
import { HEARTBEAT_TIMEOUT_MS, type AnyTool } from '../kernel';
import { Pulse } from './pulse';

/** The most often that a heartbeat is sent, and so the longest that a cancelled tool does not know it, in milliseconds. */
const HEARTBEAT_INTERVAL_MS = 1_000;

export class Heartbeats {
  readonly #pulse: Pulse;
  readonly #beat: () => void;

  private constructor(pulse: Pulse, beat: () => void) {
    this.#pulse = pulse;
    this.#beat = beat;
    pulse.add(beat);
  }

  /** Starts them for an attempt; none are sent, and null is given, for a tool without `run` that asks for none. */
  static start(activity: Context, tool: AnyTool): Heartbeats | null {
    const timeoutMs = tool.heartbeatTimeoutMs ?? (tool.run === undefined ? null : HEARTBEAT_TIMEOUT_MS);
    if (timeoutMs === null) return null;
    const context = activity as { heartbeat: (details?: unknown) => void };
    const send = context.heartbeat.bind(context);
    let last: unknown = activity.info.heartbeatDetails;
    context.heartbeat = (details) => {
      last = details;
      send(details);
    };
    return new Heartbeats(Pulse.every(Math.min(HEARTBEAT_INTERVAL_MS, timeoutMs / 3)), () => {
      send(last);
    });
  }

  stop(): void {
    this.#pulse.remove(this.#beat);
  }
}
