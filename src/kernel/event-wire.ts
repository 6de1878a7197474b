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

/**
 * An event as a log may keep it: a frozen copy with the known fields only, whose parts are JSON, in canonical order, and frozen. It
 * is what decoding the encoded event gives, without the way there.
 *
 * @throws KernelError `InvalidEvent`
 */
export function sealEvent(event: Event): Event {
  const { type } = event;
  switch (type) {
    case 'StateUpdated': {
      const stepId = event.stepId === null ? null : textOf(type, 'step_id', event.stepId);
      return Object.freeze({ type, stepId, payload: jsonOf(type, 'payload', event.payload) });
    }
    case 'ActionRequested': {
      const actionId = textOf(type, 'action_id', event.actionId);
      return Object.freeze({ type, actionId, payload: jsonOf(type, 'payload', event.payload) });
    }
    case 'ActionSucceeded': {
      const actionId = textOf(type, 'action_id', event.actionId);
      return Object.freeze({ type, actionId, output: jsonOf(type, 'output', event.output) });
    }
    case 'ActionFailed': {
      const actionId = textOf(type, 'action_id', event.actionId);
      return Object.freeze({ type, actionId, error: textOf(type, 'error', event.error) });
    }
    case 'Interrupted':
    case 'Resumed':
      return Object.freeze({ type, value: jsonOf(type, 'value', event.value) });
    case 'Completed':
      return COMPLETED;
    default:
      throw invalid(`unknown kind ${JSON.stringify(String(type).slice(0, 100))}`);
  }
}

const COMPLETED: Event = Object.freeze({ type: 'Completed' });

function jsonOf(kind: string, field: string, value: unknown): Json {
  try {
    return sealJson(value);
  } catch (error) {
    throw invalid(`${kind}.${field}: ${messageOf(error)}`);
  }
}

function textOf(kind: string, field: string, value: unknown): string {
  if (typeof value !== 'string') throw invalid(`${kind}.${field} is not a text`);
  if (value.isWellFormed()) return value;
  throw invalid(`${kind}.${field} is a text with a lone surrogate`);
}

/** The text of an event: the specification's field order, and canonical JSON for the values in it. */
export function eventText(event: Event): string {
  switch (event.type) {
    case 'StateUpdated': {
      const { stepId, payload } = event;
      return `{"StateUpdated":{"step_id":${canonicalJson(stepId)},"payload":${canonicalJson(payload)}}}`;
    }
    case 'ActionRequested': {
      const { actionId, payload } = event;
      return `{"ActionRequested":{"action_id":${canonicalJson(actionId)},"payload":${canonicalJson(payload)}}}`;
    }
    case 'ActionSucceeded': {
      const { actionId, output } = event;
      return `{"ActionSucceeded":{"action_id":${canonicalJson(actionId)},"output":${canonicalJson(output)}}}`;
    }
    case 'ActionFailed': {
      const { actionId, error } = event;
      return `{"ActionFailed":{"action_id":${canonicalJson(actionId)},"error":${canonicalJson(error)}}}`;
    }
    case 'Interrupted':
      return `{"Interrupted":{"value":${canonicalJson(event.value)}}}`;
    case 'Resumed':
      return `{"Resumed":{"value":${canonicalJson(event.value)}}}`;
    case 'Completed':
      return '"Completed"';
  }
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
  const member = (field: string): unknown => {
    if (!Object.hasOwn(body, field)) throw invalid(`${kind} has no ${field}`);
    return body[field];
  };
  const json = (field: string): Json => jsonOf(kind, field, member(field));
  const text = (field: string): string => textOf(kind, field, member(field));
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
