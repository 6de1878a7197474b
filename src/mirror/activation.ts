/**
 * Activations: a history cut into what the workflow saw at once, and what it answered.
 *
 * What a workflow task saw are the events up to its *started* event. A task that failed or timed out answered nothing: its events
 * stay for the next one. What a task answered stands right behind its completed event.
 */
import { commandOf, EventType, eventIdOf, type HistoryEvent } from './history-event';

/** One completed workflow task. */
export interface Activation {
  /** What the workflow saw since the activation before, in history's order. */
  readonly inputs: readonly HistoryEvent[];
  /** The task's completed event. */
  readonly completed: HistoryEvent;
  /** What the workflow answered. */
  readonly commands: readonly HistoryEvent[];
}

/** Whether an activation is the first of its run: it saw the start, and nothing was handed on to it. */
export function isFirst({ inputs }: Activation): boolean {
  const started = inputs[0]?.workflowExecutionStartedEventAttributes;
  return Boolean(started) && !started?.continuedExecutionRunId;
}

/** A run's end that no workflow task wrote: terminated, timed out. */
export interface Closure {
  readonly closed: HistoryEvent;
}

/**
 * Cuts a history that is fed event by event. Feed it from the first event, or from the first one after an activation's last.
 */
export class ActivationCutter {
  #pending: HistoryEvent[] = [];
  #startedEventId = 0;
  #open: { inputs: HistoryEvent[]; completed: HistoryEvent; commands: HistoryEvent[] } | null = null;

  /** Takes the next event; gives what became whole by it. */
  feed(event: HistoryEvent): readonly (Activation | Closure)[] {
    if (this.#open !== null && commandOf(event) !== null) {
      this.#open.commands.push(event);
      return [];
    }
    const whole = this.finish();
    switch (event.eventType) {
      case EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED:
        this.#startedEventId = eventIdOf(event);
        return whole;
      case EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED: {
        const inputs = this.#pending.filter((pending) => eventIdOf(pending) <= this.#startedEventId);
        this.#pending = this.#pending.filter((pending) => eventIdOf(pending) > this.#startedEventId);
        this.#open = { inputs, completed: event, commands: [] };
        return whole;
      }
      case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
      case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
        return [...whole, { closed: event }];
      default:
        this.#pending.push(event);
        return whole;
    }
  }

  /** The end of what history has for now: the server writes a task's answer in one piece, so what is open is whole. */
  finish(): readonly Activation[] {
    if (this.#open === null) return [];
    const activation = this.#open;
    this.#open = null;
    return [activation];
  }
}

/** The part of a history that the workflow has answered: up to the last thing that it answered to its last completed task. */
export function answeredPart(events: readonly HistoryEvent[]): readonly HistoryEvent[] {
  const { EVENT_TYPE_WORKFLOW_TASK_COMPLETED } = EventType;
  const completed = events.findLastIndex(({ eventType }) => eventType === EVENT_TYPE_WORKFLOW_TASK_COMPLETED);
  if (completed === -1) return [];
  const after = events.findIndex((event, index) => index > completed && commandOf(event) === null);
  return after === -1 ? events : events.slice(0, after);
}
