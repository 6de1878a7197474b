/** Histories as Temporal exports them, and what a forger must know of them: where their payloads are, and how events name each other. */

export type Attributes = Record<string, unknown>;

export interface ExportedEvent {
  eventId: string;
  eventTime: string;
  /** With its prefix: `EVENT_TYPE_TIMER_FIRED`. */
  eventType: string;
  [attributes: string]: unknown;
}

export interface ExportedHistory {
  readonly events: readonly ExportedEvent[];
}

export interface ExportedPayload {
  metadata?: { encoding?: string };
  data?: string;
}

/** An event's type without its prefix. */
export function typeOf({ eventType }: ExportedEvent): string {
  return eventType.replace('EVENT_TYPE_', '');
}

/** The name of the attributes that events of a type have. */
export function attributesNameOf(type: string): string {
  return `${type.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())}EventAttributes`;
}

export function attributesOf(event: ExportedEvent): Attributes {
  return event[attributesNameOf(typeOf(event))] as Attributes;
}

export function idOf({ eventId }: ExportedEvent): number {
  return Number(eventId);
}

/** What is at a path like `failure.applicationFailureInfo.type`; undefined where nothing is. */
export function at(attributes: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => {
    return typeof value === 'object' && value !== null ? (value as Attributes)[key] : undefined;
  }, attributes);
}

/** Puts a value at a path where something is already. */
export function put(attributes: Attributes, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop() as string;
  (at(attributes, keys.join('.')) ?? attributes)[last as never] = value as never;
}

export function jsonOf({ data }: ExportedPayload): unknown {
  return data === undefined || data === '' ? null : JSON.parse(Buffer.from(data, 'base64').toString());
}

export function payloadOf(value: unknown, like: ExportedPayload): ExportedPayload {
  return { ...like, data: Buffer.from(JSON.stringify(value)).toString('base64') };
}

/** The event that began what this event belongs to; its own id where it began it, or stands alone. */
export function beganBy(event: ExportedEvent): number {
  const attributes = attributesOf(event);
  const type = typeOf(event);
  const by = type.startsWith('TIMER_')
    ? attributes['startedEventId']
    : (attributes['scheduledEventId'] ?? attributes['initiatedEventId'] ?? attributes['acceptedEventId']);
  return Number(by ?? event.eventId);
}

/** The attributes by which events name others. */
const REFERENCES = [
  'acceptedEventId',
  'acceptedRequestSequencingEventId',
  'initiatedEventId',
  'latestCancelRequestedEventId',
  'scheduledEventId',
  'startedEventId',
  'workflowTaskCompletedEventId',
];

/** Events in a new order: each with the number that it had, and which copy of it this is. */
export interface Placed {
  readonly event: ExportedEvent;
  readonly copy: number;
}

/** Numbers events from 1 again and lets them name each other by their new numbers, as somebody who knows histories would. */
export function renumbered(placed: readonly Placed[]): ExportedEvent[] {
  const newId = (oldId: number, copy: number): number => {
    const same = placed.findIndex((other) => idOf(other.event) === oldId && other.copy === copy);
    const first = same === -1 ? placed.findIndex(({ event }) => idOf(event) === oldId) : same;
    // What is gone is named no more: the next best is what stands in its place.
    return (first === -1 ? placed.findIndex(({ event }) => idOf(event) > oldId) : first) + 1;
  };
  return placed.map(({ event, copy }, index) => {
    const name = attributesNameOf(typeOf(event));
    const attributes: Attributes = { ...(event[name] as Attributes) };
    for (const reference of REFERENCES) {
      if (Number(attributes[reference] ?? 0) > 0) {
        attributes[reference] = String(newId(Number(attributes[reference]), copy));
      }
    }
    return { ...event, eventId: String(index + 1), [name]: attributes };
  });
}
