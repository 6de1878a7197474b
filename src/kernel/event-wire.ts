/**
 * The wire form of events: externally tagged JSON with the specification's field names and field order.
 *
 * Guarantees: decoding an encoded event gives the event; a decoder throws nothing but `InvalidEvent`. Payloads are
 * printed as canonical JSON, so an event has one text.
 */
import { canonicalJson } from './canonical-json';
import { KernelError, messageOf } from './error';
import type { Event, SequencedEvent } from './event';
import { isPlainObject, sealJson, type Json } from './json';

/** The wire form of an event. */
export type WireEvent = 'Completed' | Readonly<Record<string, Readonly<Record<string, Json>>>>;

/** An event as JSON. */
export function encodeEvent(event: Event): WireEvent {
  switch (event.type) {
    case 'StateUpdated':
      return { StateUpdated: { step_id: event.stepId, payload: event.payload } };
    case 'ActionRequested':
      return { ActionRequested: { action_id: event.actionId, payload: event.payload } };
    case 'ActionSucceeded':
      return { ActionSucceeded: { action_id: event.actionId, output: event.output } };
    case 'ActionFailed':
      return { ActionFailed: { action_id: event.actionId, error: event.error } };
    case 'Interrupted':
      return { Interrupted: { value: event.value } };
    case 'Resumed':
      return { Resumed: { value: event.value } };
    case 'Completed':
      return 'Completed';
  }
}

/** The text of an event: the specification's field order, and canonical JSON for the values in it. */
export function eventText(event: Event): string {
  const wire = encodeEvent(event);
  if (typeof wire === 'string') return JSON.stringify(wire);
  const [kind, fields] = Object.entries(wire)[0] as [string, Readonly<Record<string, Json>>];
  const members = Object.entries(fields).map(([field, value]) => `${JSON.stringify(field)}:${canonicalJson(value)}`);
  return `{${JSON.stringify(kind)}:{${members.join(',')}}}`;
}

/** The text of a sequenced event, `{"seq":1,"event":…}`: a line of the event log. */
export function sequencedEventText(sequenced: SequencedEvent): string {
  return `{"seq":${sequenced.seq},"event":${eventText(sequenced.event)}}`;
}

/**
 * Reads the wire form of an event. Fields that the specification does not know are ignored, as the reference does.
 *
 * @throws KernelError `InvalidEvent`
 */
export function decodeEvent(wire: unknown): Event {
  if (wire === 'Completed') return { type: 'Completed' };
  if (!isPlainObject(wire)) throw invalid('an event is "Completed" or an object with one member');
  const [kind, ...more] = Object.keys(wire);
  const body = kind === undefined ? undefined : wire[kind];
  if (kind === 'Completed' && more.length === 0 && body === null) return { type: 'Completed' };
  if (kind === undefined || more.length > 0 || !isPlainObject(body)) {
    throw invalid('an event is "Completed" or an object with one member');
  }
  const json = (field: string): Json => {
    if (!Object.hasOwn(body, field)) throw invalid(`${kind} has no ${field}`);
    try {
      return sealJson(body[field]);
    } catch (error) {
      throw invalid(`${kind}.${field}: ${messageOf(error)}`);
    }
  };
  const text = (field: string): string => {
    const value = json(field);
    if (typeof value !== 'string') throw invalid(`${kind}.${field} is not a text`);
    return value;
  };
  switch (kind) {
    case 'StateUpdated': {
      const stepId = Object.hasOwn(body, 'step_id') && body['step_id'] !== null ? text('step_id') : null;
      return { type: 'StateUpdated', stepId, payload: json('payload') };
    }
    case 'ActionRequested':
      return { type: 'ActionRequested', actionId: text('action_id'), payload: json('payload') };
    case 'ActionSucceeded':
      return { type: 'ActionSucceeded', actionId: text('action_id'), output: json('output') };
    case 'ActionFailed':
      return { type: 'ActionFailed', actionId: text('action_id'), error: text('error') };
    case 'Interrupted':
      return { type: 'Interrupted', value: json('value') };
    case 'Resumed':
      return { type: 'Resumed', value: json('value') };
    default:
      throw invalid(`unknown kind ${JSON.stringify(kind.slice(0, 100))}`);
  }
}

/**
 * Reads the text of an event.
 *
 * @throws KernelError `InvalidEvent`
 */
export function parseEventText(text: string): Event {
  let wire: unknown;
  try {
    wire = JSON.parse(text);
  } catch (error) {
    throw invalid(`not JSON: ${messageOf(error)}`);
  }
  return decodeEvent(wire);
}

function invalid(message: string): KernelError {
  return new KernelError('InvalidEvent', message);
}
