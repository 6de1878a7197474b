/**
 * Events: the source of truth of a run. All state is derived from them.
 *
 * Source: Oris kernel, `event`. In memory an event is a tagged object with this project's casing; its wire form is the
 * specification's externally tagged JSON (`event-wire.ts`).
 */
import type { ActionId, Seq, StepId } from './identity';
import type { Json } from './json';

/** Something that happened in a run. */
export type Event =
  | { readonly type: 'StateUpdated'; readonly stepId: StepId | null; readonly payload: Json }
  | { readonly type: 'ActionRequested'; readonly actionId: ActionId; readonly payload: Json }
  | { readonly type: 'ActionSucceeded'; readonly actionId: ActionId; readonly output: Json }
  | { readonly type: 'ActionFailed'; readonly actionId: ActionId; readonly error: string }
  | { readonly type: 'Interrupted'; readonly value: Json }
  | { readonly type: 'Resumed'; readonly value: Json }
  | { readonly type: 'Completed' };

/** The name of an event's kind, as it stands in traces and timelines. */
export type EventKind = Event['type'];

/** An event with its place in the log. */
export interface SequencedEvent {
  readonly seq: Seq;
  readonly event: Event;
}

/** The step that an event belongs to, where it names one. */
export function stepIdOf(event: Event): StepId | null {
  return event.type === 'StateUpdated' ? event.stepId : null;
}

/** The action that an event belongs to, where it names one. */
export function eventActionIdOf(event: Event): ActionId | null {
  return 'actionId' in event ? event.actionId : null;
}
