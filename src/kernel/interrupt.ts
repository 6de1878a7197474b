/**
 * Interrupts as records: what a run waits for, written down for whoever is to answer.
 *
 * Source: Oris kernel, `interrupt` and `interrupt_resolver::InterruptSource`. The log has the question (`Interrupted`); this
 * says of what kind it is, who asks, what an answer must look like and when it was asked. Unlike in the reference, the record
 * names its source, so that it can be routed by it; and the time is given by the caller, because the kernel reads no clock.
 */
import { isKernelError, KernelError, messageOf } from './error';
import type { InterruptId, RunId, StepId } from './identity';
import { isPlainObject, sealJson, sealRecord, type Json } from './json';
import { parseRfc3339, rfc3339Of } from './rfc3339';

/** What an interrupt waits for. */
export type InterruptKind =
  /** Input of a person. */
  | { readonly type: 'HumanInTheLoop' }
  /** An approval. */
  | { readonly type: 'ApprovalRequired' }
  /** A tool call that takes its time. */
  | { readonly type: 'ToolCallWaiting' }
  | { readonly type: 'Custom'; readonly name: string };

/** Who asks. */
export type InterruptSource =
  /** A person, through a user interface. */
  | { readonly type: 'Ui' }
  | { readonly type: 'Agent' }
  | { readonly type: 'PolicyEngine' }
  /** A caller of the programming interface: so it is where nothing else is said. */
  | { readonly type: 'Api' }
  | { readonly type: 'Custom'; readonly name: string };

/** One interrupt. */
export interface Interrupt {
  readonly id: InterruptId;
  /** The run that waits. */
  readonly threadId: RunId;
  readonly kind: InterruptKind;
  /** A JSON Schema of the answer. */
  readonly payloadSchema: Json;
  /** When it was raised, in milliseconds since 1970. */
  readonly createdAtMs: number;
  /** The step that raised it, where it is known. */
  readonly stepId: StepId | null;
  readonly source: InterruptSource;
}

/** The source of an interrupt that names none. */
export const DEFAULT_SOURCE: InterruptSource = { type: 'Api' };

const KINDS = ['HumanInTheLoop', 'ApprovalRequired', 'ToolCallWaiting'] as const;
const SOURCES = ['Ui', 'Agent', 'PolicyEngine', 'Api'] as const;

/** What can't be left out of an interrupt. */
type Named = Pick<Interrupt, 'id' | 'threadId' | 'kind' | 'createdAtMs'>;

/**
 * An interrupt: checked, and frozen.
 *
 * @throws KernelError `InvalidInterrupt`
 */
export function newInterrupt(given: Named & Partial<Interrupt>): Interrupt {
  const interrupt = { payloadSchema: {}, stepId: null, source: DEFAULT_SOURCE, ...given };
  return decodeInterrupt(asInterrupt(() => encodeInterrupt(interrupt)));
}

/** The source's name, as it stands in messages. */
export function sourceName(source: InterruptSource): string {
  switch (source.type) {
    case 'Ui':
      return 'ui';
    case 'Agent':
      return 'agent';
    case 'PolicyEngine':
      return 'policy_engine';
    case 'Api':
      return 'api';
    case 'Custom':
      return source.name;
  }
}

/**
 * An interrupt's wire form: the specification's field names and order, externally tagged kinds and RFC 3339 times. A source
 * other than the default follows as one field more.
 *
 * @throws KernelError `InvalidInterrupt`
 */
export function encodeInterrupt(interrupt: Interrupt): Json {
  const { id, threadId, kind, payloadSchema, createdAtMs, stepId, source } = interrupt;
  return {
    id,
    thread_id: threadId,
    kind: encodeTag(kind),
    payload_schema: payloadSchema,
    created_at: asInterrupt(() => rfc3339Of(createdAtMs)),
    step_id: stepId,
    ...(source.type === 'Api' ? {} : { source: encodeTag(source) }),
  };
}

/**
 * Reads the wire form of an interrupt. Fields that are not known are ignored, as the reference does.
 *
 * @throws KernelError `InvalidInterrupt`
 */
export function decodeInterrupt(wire: unknown): Interrupt {
  if (!isPlainObject(wire)) throw invalid('an interrupt is an object');
  const json = (field: string): Json => {
    if (!Object.hasOwn(wire, field)) throw invalid(`an interrupt has a ${field}`);
    return asInterrupt(() => sealJson(wire[field]));
  };
  const text = (field: string): string => {
    const value = json(field);
    if (typeof value !== 'string') throw invalid(`${field} is a text`);
    return value;
  };
  return sealRecord({
    id: text('id'),
    threadId: text('thread_id'),
    kind: decodeTag('kind', json('kind'), KINDS),
    payloadSchema: json('payload_schema'),
    createdAtMs: asInterrupt(() => parseRfc3339(text('created_at'))),
    stepId: Object.hasOwn(wire, 'step_id') && wire['step_id'] !== null ? text('step_id') : null,
    source: Object.hasOwn(wire, 'source') ? decodeTag('source', json('source'), SOURCES) : DEFAULT_SOURCE,
  });
}

type Tagged<T extends string> = { readonly type: T } | { readonly type: 'Custom'; readonly name: string };

function encodeTag(tagged: { readonly type: string; readonly name?: string }): Json {
  return tagged.name === undefined ? tagged.type : { [tagged.type]: tagged.name };
}

function decodeTag<const T extends string>(field: string, wire: Json, known: readonly T[]): Tagged<T> {
  const type = known.find((tag) => tag === wire);
  if (type !== undefined) return { type };
  if (isPlainObject(wire) && Object.keys(wire).length === 1 && Object.hasOwn(wire, 'Custom')) {
    const name = wire['Custom'];
    if (typeof name === 'string') return { type: 'Custom', name };
  }
  throw invalid(`${field} is one of ${known.join(', ')} or {"Custom": name}`);
}

/** What goes wrong inside an interrupt is said of the interrupt. */
function asInterrupt<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw isKernelError(error, 'InvalidInterrupt') ? error : invalid(messageOf(error));
  }
}

function invalid(reason: string): KernelError {
  return new KernelError('InvalidInterrupt', `no interrupt: ${reason}`);
}
