/** What a run has begun and waits for: its actions, and the history events that began them. */
import { pendingActionsOf, type Action, type ActionId, type Machine, type PendingAction } from '../kernel';
import type { Running } from './answer-check';
import { isBurst } from './burst-check';
import { eventIdOf, type HistoryEvent } from './history-event';
import { mismatch } from './history-mismatch';
import type { Scheduled } from './mirror-position';

export class ScheduledActions {
  #list: readonly Scheduled[];

  constructor(list: readonly Scheduled[]) {
    this.#list = list;
  }

  get list(): readonly Scheduled[] {
    return this.#list;
  }

  of(actionId: ActionId): Scheduled | undefined {
    return this.#list.find((scheduled) => scheduled.actionId === actionId);
  }

  /** Notes what was begun for actions, in their order. */
  begin(asked: readonly PendingAction[], events: readonly HistoryEvent[]): void {
    const begun = asked.slice(0, events.length).map(({ actionId }, index): Scheduled => {
      const event = events[index] as HistoryEvent;
      return { eventId: eventIdOf(event), actionId, ...(isBurst(event) ? { burst: true } : {}) };
    });
    this.#list = [...this.#list, ...begun];
  }

  /**
   * Takes out what an event ends.
   *
   * @throws KernelError `HistoryMismatch`
   */
  end(event: HistoryEvent, scheduledEventId: number): Scheduled {
    const ended = this.#list.find(({ eventId }) => eventId === scheduledEventId);
    if (ended === undefined) {
      throw mismatch(event, `it ends what event ${scheduledEventId} scheduled, but no such action is running`);
    }
    this.remove(ended);
    return ended;
  }

  remove(scheduled: Scheduled): void {
    this.#list = this.#list.filter((other) => other !== scheduled);
  }

  /** What is told to stop when the run is ending: all of it but a burst, which ends soon by itself. */
  stoppedIn({ waiting }: Machine, kindOf: (action: Action) => Running['kind']): Running[] {
    const pending = pendingActionsOf(waiting);
    return this.#list.flatMap(({ actionId, eventId, burst }) => {
      const running = pending.find((action) => action.actionId === actionId);
      return running === undefined || burst === true ? [] : [{ kind: kindOf(running.action), eventId }];
    });
  }
}
