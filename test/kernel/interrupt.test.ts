import fc from 'fast-check';
import {
  decodeInterrupt,
  encodeInterrupt,
  newInterrupt,
  type Interrupt,
  type InterruptKind,
  type InterruptSource,
} from '../../src/kernel/interrupt';
import type { Json } from '../../src/kernel/json';
import { anyJson } from './any-event';
import { readGolden } from './golden/read-golden';
import { kernelError } from './kernel-error-matcher';

interface Golden {
  readonly printed: readonly { readonly created_at_ms: number; readonly text: string }[];
}

const golden = readGolden('interrupts.json') as Golden;

const WIRE = {
  id: 'run-4',
  thread_id: 'run',
  kind: 'ApprovalRequired',
  payload_schema: { type: 'string' },
  created_at: '1970-01-01T00:00:01Z',
  step_id: 'step',
};

/** The wire form without one of its fields. */
function without(field: string): object {
  return Object.fromEntries(Object.entries(WIRE).filter(([key]) => key !== field));
}

const text = fc.string({ unit: 'grapheme', maxLength: 10 });
const anyKind: fc.Arbitrary<InterruptKind> = fc.oneof(
  fc.constantFrom<InterruptKind>({ type: 'HumanInTheLoop' }, { type: 'ApprovalRequired' }, { type: 'ToolCallWaiting' }),
  text.map((name) => ({ type: 'Custom' as const, name })),
);
const anySource: fc.Arbitrary<InterruptSource> = fc.oneof(
  fc.constantFrom<InterruptSource>({ type: 'Ui' }, { type: 'Agent' }, { type: 'PolicyEngine' }, { type: 'Api' }),
  text.map((name) => ({ type: 'Custom' as const, name })),
);

test.each(golden.printed)(
  'given the reference’s $text, then it is read and printed to the letter',
  ({ created_at_ms: createdAtMs, text: printed }) => {
    const interrupt = decodeInterrupt(JSON.parse(printed));
    expect(interrupt.createdAtMs).toBe(createdAtMs);
    expect(JSON.stringify(encodeInterrupt(interrupt))).toBe(printed);
  },
);

test('given what the caller says, then the rest is said for it: no schema, no step, and the API as source', () => {
  expect(newInterrupt({ id: 'i', threadId: 'run', kind: { type: 'HumanInTheLoop' }, createdAtMs: 5 })).toEqual({
    id: 'i',
    threadId: 'run',
    kind: { type: 'HumanInTheLoop' },
    payloadSchema: {},
    createdAtMs: 5,
    stepId: null,
    source: { type: 'Api' },
  });
});

test('given a source, then it is written behind what the reference writes', () => {
  const interrupt = { ...decodeInterrupt(WIRE), source: { type: 'PolicyEngine' } as const };
  expect(encodeInterrupt(interrupt)).toEqual({ ...WIRE, source: 'PolicyEngine' });
  expect(encodeInterrupt({ ...interrupt, source: { type: 'Custom', name: 'ops' } })).toEqual({
    ...WIRE,
    source: { Custom: 'ops' },
  });
});

test('given any interrupt, then it is read as it was written, through text too', () => {
  const anyInterrupt: fc.Arbitrary<Interrupt> = fc.record({
    id: text,
    threadId: text,
    kind: anyKind,
    payloadSchema: anyJson,
    createdAtMs: fc.nat(),
    stepId: fc.option(text),
    source: anySource,
  });
  fc.assert(
    fc.property(anyInterrupt, (interrupt) => {
      expect(decodeInterrupt(JSON.parse(JSON.stringify(encodeInterrupt(interrupt))))).toEqual(interrupt);
    }),
  );
});

test('given an interrupt without step and with fields that nobody knows, then it is read as the reference reads it', () => {
  expect(decodeInterrupt({ ...without('step_id'), more: 1 })).toMatchObject({ stepId: null, source: { type: 'Api' } });
});

test.each<readonly [string, unknown]>([
  ['null', null],
  ['a text', 'interrupt'],
  ['a list', [WIRE]],
  ...Object.keys(WIRE)
    .filter((field) => field !== 'step_id')
    .map(
      (field) => [`no ${field}`, Object.fromEntries(Object.entries(WIRE).filter(([key]) => key !== field))] as const,
    ),
  ['an id that is no text', { ...WIRE, id: 1 }],
  ['a step that is no text', { ...WIRE, step_id: 1 }],
  ['a kind that is none', { ...WIRE, kind: 'Custom' }],
  ['a custom kind without a name', { ...WIRE, kind: { Custom: null } }],
  ['a kind with two tags', { ...WIRE, kind: { Custom: 'a', More: 1 } }],
  ['a kind that every object has', { ...WIRE, kind: 'toString' }],
  ['a source that is none', { ...WIRE, source: 'Elsewhere' }],
  ['a time that is none', { ...WIRE, created_at: 'yesterday' }],
  ['fields that are only inherited', Object.create(WIRE) as unknown],
])('given %s, then it is no interrupt', (_, wire) => {
  expect(() => decodeInterrupt(wire)).toThrow(kernelError('InvalidInterrupt'));
});

test.each<readonly [string, Partial<Interrupt>]>([
  ['a time between two milliseconds', { createdAtMs: 0.5 }],
  ['a schema that is no JSON', { payloadSchema: undefined as unknown as Json }],
  ['no kind', { kind: undefined as unknown as InterruptKind }],
  ['a kind that nobody knows', { kind: { type: 'Coffee' } as unknown as InterruptKind }],
])('given %s, then no interrupt is made', (_, broken) => {
  const named = { id: 'i', threadId: 'run', kind: { type: 'HumanInTheLoop' }, createdAtMs: 0 } as const;
  expect(() => newInterrupt({ ...named, ...broken })).toThrow(kernelError('InvalidInterrupt'));
});

test('given __proto__ in a schema, then it is data like any other', () => {
  const payloadSchema = JSON.parse('{"__proto__":{"polluted":true}}') as Json;
  const interrupt = newInterrupt({
    id: 'i',
    threadId: 'run',
    kind: { type: 'HumanInTheLoop' },
    createdAtMs: 0,
    payloadSchema,
  });
  expect(JSON.stringify(interrupt.payloadSchema)).toBe('{"__proto__":{"polluted":true}}');
  expect('polluted' in {}).toBe(false);
});

test('given an interrupt, then nobody can change it', () => {
  const interrupt = decodeInterrupt(WIRE);
  expect(() => Object.assign(interrupt.kind, { type: 'HumanInTheLoop' })).toThrow(TypeError);
});

test('given fields that every object has been taught, then they are not read', () => {
  Object.defineProperty(Object.prototype, 'source', { value: 'Ui', configurable: true });
  Object.defineProperty(Object.prototype, 'step_id', { value: 'elsewhere', configurable: true });
  try {
    expect(decodeInterrupt(without('step_id'))).toMatchObject({ stepId: null, source: { type: 'Api' } });
  } finally {
    delete (Object.prototype as { source?: unknown }).source;
    delete (Object.prototype as { step_id?: unknown }).step_id;
  }
});
