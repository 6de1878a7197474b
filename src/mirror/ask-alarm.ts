/** The timer for what happens to an ask by itself, and the history event that began it. */
import { alarmOf, type Alarm, type Machine } from '../kernel';
import type { Running } from './answer-check';
import type { CommandCheck } from './command-check';
import { eventIdOf } from './history-event';
import type { ScheduledAlarm } from './mirror-position';

export class AskAlarm {
  #scheduled: ScheduledAlarm | null;

  constructor(scheduled: ScheduledAlarm | null) {
    this.#scheduled = scheduled;
  }

  get scheduled(): ScheduledAlarm | null {
    return this.#scheduled;
  }

  /** Takes out the timer that an event began; null where that event began something else. */
  end(scheduledEventId: number): ScheduledAlarm | null {
    const ended = this.#scheduled;
    if (ended?.eventId !== scheduledEventId) return null;
    this.#scheduled = null;
    return ended;
  }

  /**
   * Follows the machine: notes the timer that an ask began to need, and adds one that nobody waits for any more to what is stopped.
   *
   * @returns the timer that the workflow must have begun
   */
  follow({ waiting }: Machine, check: CommandCheck, stopped: Running[]): Alarm | null {
    const ballot = waiting.for === 'answer' ? waiting.ballot : undefined;
    const alarm = ballot === undefined ? null : alarmOf(ballot);
    const interruptId = waiting.for === 'answer' ? waiting.interruptId : '';
    const current = this.#scheduled;
    if (alarm !== null && current?.interruptId === interruptId && current.stage === alarm.stage) return null;
    if (current !== null) stopped.push({ kind: 'timer', eventId: current.eventId });
    this.#scheduled = null;
    const [started] = alarm === null ? [] : check.timersStarted;
    if (alarm !== null && started !== undefined) {
      this.#scheduled = { eventId: eventIdOf(started), interruptId, stage: alarm.stage };
    }
    return alarm;
  }
}
