/**
 * Reducers: how an event changes the state.
 *
 * Source: Oris kernel, `reducer`. A reducer is pure: the same state and event always give the same state.
 */
import type { Event } from './event';
import type { Seq } from './identity';
import type { Json } from './json';

/** Gives the state after an event. It never changes the state it is given. */
export type Reducer<S extends Json = Json> = (state: S, event: Event, seq: Seq) => S;

/** Takes the payload of `StateUpdated` as the new state and ignores every other event. */
export function stateUpdatedOnlyReducer<S extends Json = Json>(state: S, event: Event): S {
  return event.type === 'StateUpdated' ? (event.payload as S) : state;
}
