/**
 * A stored execution event: an event with its place, its tenant and its time.
 *
 * Source: Enact core, `persistence::StoredEvent`; its text is the specification's JSON, member for member.
 */
import { isPlainObject, KernelError, type TenantId } from '../../kernel';
import type { ExecutionEventData, ExecutionId, Sequence } from './execution-event';
import { assertWholeNumbers, decodeExecutionEvent, executionEventText } from './execution-event-wire';
import { readJsonText } from './json-text';
import { parseTimestamp, timestampText } from './timestamp';

/** An execution event as a store gives it. */
export interface StoredExecutionEvent {
  readonly sequence: Sequence;
  readonly executionId: ExecutionId;
  readonly tenantId: TenantId;
  readonly event: ExecutionEventData;
  /** When it happened, in milliseconds since 1970. */
  readonly timestampMs: number;
}

/** An execution event as a store is given it. */
export type NewExecutionEvent = Pick<StoredExecutionEvent, 'event' | 'timestampMs'>;

/** The text of a stored execution event, as the reference prints it. */
export function storedExecutionEventText(stored: StoredExecutionEvent): string {
  const { sequence, executionId, tenantId, event, timestampMs } = stored;
  const names = `"execution_id":${JSON.stringify(executionId)},"tenant_id":${JSON.stringify(tenantId)}`;
  const time = JSON.stringify(timestampText(timestampMs));
  return `{"sequence":${sequence},${names},"event":${executionEventText(event)},"timestamp":${time}}`;
}

/**
 * Reads the text of a stored execution event. Members that the specification does not know are ignored.
 *
 * @throws KernelError `InvalidEvent`
 */
export function parseStoredExecutionEventText(text: string): StoredExecutionEvent {
  const { value, fractions } = readJsonText(text);
  if (!isPlainObject(value)) throw invalid('a stored event is an object');
  const member = (name: string): unknown => (Object.hasOwn(value, name) ? value[name] : undefined);
  const textMember = (name: string): string => {
    const read = member(name);
    if (typeof read !== 'string' || !read.isWellFormed()) throw invalid(`${name} is no text`);
    return read;
  };
  const sequence = member('sequence');
  const fraction = fractions.some(([first, ...rest]) => first === 'sequence' && rest.length === 0);
  if (fraction || !Number.isSafeInteger(sequence) || (sequence as number) < 1) {
    throw invalid('sequence is none of 1, 2, 3, …');
  }
  const event = member('event');
  assertWholeNumbers(
    event,
    fractions.filter(([first]) => first === 'event').map(([, ...path]) => path),
  );
  return Object.freeze({
    sequence: sequence as Sequence,
    executionId: textMember('execution_id'),
    tenantId: textMember('tenant_id'),
    event: decodeExecutionEvent(event),
    timestampMs: parseTimestamp(textMember('timestamp')),
  });
}

function invalid(message: string): KernelError {
  return new KernelError('InvalidEvent', message);
}
