/**
 * Where entries come from, when an input brings more than one: what was waiting for a boundary is appended with what led to it, and
 * came earlier.
 *
 * It follows the machine's rules for the order of a batch: results in the order of their asking, then what was unread, then a pause.
 */
import { resumptionIn, type ActionId, type Checkpoint, type Entry, type Input, type Origin } from '../kernel';
import type { MirrorPosition } from './mirror-position';

/** The origins of what waits. */
export type WaitingOrigins = Pick<
  MirrorPosition,
  'inboxOrigins' | 'signalOrigins' | 'collectedOrigins' | 'pauseOrigin'
>;

export class EntryOrigins {
  #waiting: WaitingOrigins;

  constructor({ inboxOrigins, signalOrigins, collectedOrigins, pauseOrigin }: WaitingOrigins) {
    this.#waiting = { inboxOrigins, signalOrigins, collectedOrigins, pauseOrigin };
  }

  get waiting(): WaitingOrigins {
    return this.#waiting;
  }

  /**
   * Notes an input that the machine took, and gives the origins of the entries that came of it.
   *
   * @param before the machine's checkpoint before the input, and after it
   */
  afterInput(
    input: Input,
    origin: Origin,
    [before, after]: readonly [Checkpoint, Checkpoint],
    entries: readonly Entry[],
  ): readonly Origin[] {
    const { inboxOrigins, signalOrigins, collectedOrigins, pauseOrigin } = this.#waiting;
    const collected =
      input.type === 'result' ? [...collectedOrigins, { actionId: input.actionId, origin }] : collectedOrigins;
    const signals = after.signals.length > before.signals.length ? [...signalOrigins, origin] : signalOrigins;
    const isPauseAsked = input.type === 'pause' && after.pausing !== undefined;
    if (entries.length === 0) {
      const inbox = after.inbox.length > before.inbox.length ? [...inboxOrigins, origin] : inboxOrigins;
      const pause = isPauseAsked ? origin : after.pausing === undefined ? null : pauseOrigin;
      this.#waiting = { inboxOrigins: inbox, signalOrigins: signals, collectedOrigins: collected, pauseOrigin: pause };
      return [];
    }
    const unread = [...inboxOrigins];
    const pausedAt = entries.findIndex(({ event }) => isPause(event));
    const end = pausedAt === -1 ? entries.length : pausedAt;
    const unreadFrom = end - Math.min(unread.length, resumedAtEnd(entries.slice(1, end)));
    const isFlushed = after.inbox.length === 0;
    this.#waiting = {
      inboxOrigins: isFlushed ? [] : inboxOrigins,
      signalOrigins: signals,
      collectedOrigins: after.collected === undefined ? [] : collected,
      pauseOrigin: after.pausing === undefined ? null : pauseOrigin,
    };
    return entries.map(({ event }, index) => {
      if (index === pausedAt) return input.type === 'pause' ? origin : (pauseOrigin ?? origin);
      if (isFlushed && index >= unreadFrom && index < end) return unread[index - unreadFrom] ?? origin;
      return 'actionId' in event ? (originIn(collected, event.actionId) ?? origin) : origin;
    });
  }

  /** The origin of an early signal that a step has taken; null when it took none. */
  takeSignal(before: Checkpoint['signals'], left: Checkpoint['signals']): Origin | null {
    const taken = before.findIndex((signal, index) => left[index] !== signal);
    const origin = this.#waiting.signalOrigins[taken];
    if (left.length === before.length || origin === undefined) return null;
    const signalOrigins = this.#waiting.signalOrigins.filter((_, index) => index !== taken);
    this.#waiting = { ...this.#waiting, signalOrigins };
    return origin;
  }
}

function isPause(event: Entry['event']): boolean {
  return event.type === 'Interrupted' && resumptionIn(event.value)?.type === 'pause';
}

/** How many entries at the end are resumes. (The first of a batch is never one that was unread.) */
function resumedAtEnd(entries: readonly Entry[]): number {
  const other = entries.findLastIndex(({ event }) => event.type !== 'Resumed');
  return entries.length - 1 - other;
}

function originIn(collected: WaitingOrigins['collectedOrigins'], actionId: ActionId): Origin | null {
  return collected.find((each) => each.actionId === actionId)?.origin ?? null;
}
