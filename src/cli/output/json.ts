/** What shapes have in common: any JSON, moments, statuses. */
import { z } from 'zod';
import type { Json, WireEvent } from '../../kernel';

/** Any JSON. It is taken as it is: a schema that copied values would lose a key named `__proto__`. */
export const AnyJson = z.custom<Json>((value) => value !== undefined);

/** An event in the specification's wire form. */
export const Wire = z.custom<WireEvent>(
  (value) => value === 'Completed' || (typeof value === 'object' && value !== null),
);

/** A moment, as ISO 8601 has it, in UTC. */
export const Moment = z.iso.datetime();

/** A SHA-256, in hexadecimal. */
export const HashText = z.string().regex(/^[\da-f]{64}$/);

export const StatusText = z.enum([
  'running',
  'blocked',
  'paused',
  'completed',
  'failed',
  'denied',
  'cancelled',
  'terminated',
  'timedOut',
]);

/** A seq: the place of an entry in its log. */
export const SeqNumber = z.int().nonnegative();
