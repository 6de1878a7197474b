import fc from 'fast-check';
import { isKernelError } from '../../src/kernel/error';
import {
  decodeEvent,
  encodeEvent,
  eventText,
  parseEventText,
  sealEvent,
  sequencedEventText,
} from '../../src/kernel/event-wire';
import { logEntryOf, traceEventOf, traceText } from '../../src/kernel/execution-log';
import { anyEvent, anyJson } from './any-event';
import { readGolden } from './golden/read-golden';
import { kernelError } from './kernel-error-matcher';

interface Golden {
  readonly forms: readonly {
    readonly case: string;
    readonly event_text: string;
    readonly sequenced_text: string;
    readonly trace_text: string;
  }[];
  readonly event_parses: readonly { readonly input_text: string; readonly ok_text?: string; readonly error?: string }[];
}

const golden = readGolden('event-wire.json') as Golden;

/** Forms with numbers that JavaScript prints otherwise: 1.0 and integers beyond 2^53. */
const OTHER_NUMBERS: Readonly<Record<string, string>> = {
  'StateUpdated some': '{"StateUpdated":{"step_id":"n1","payload":{"a":[1,null],"b":1}}}',
  'ActionRequested sleep':
    '{"ActionRequested":{"action_id":"r-1","payload":{"Sleep":{"millis":18446744073709552000}}}}',
};

/** Texts that the reference takes and we do not: a struct as a sequence is serde's freedom, and nobody writes it. */
const STRICTER: readonly string[] = ['{"StateUpdated":[null,5]}'];

/** Texts that the reference refuses and we take: JSON.parse has no eye for duplicate members; the last one counts. */
const LAXER: readonly string[] = ['{"StateUpdated":{"payload":1,"payload":2}}'];

describe('the reference kernel', () => {
  test.each(golden.forms.map((form, index) => [form.case, form, index + 1] as const))(
    'given the text of %s, when it is read and written, then every text is the same',
    (name, form, seq) => {
      const event = parseEventText(form.event_text);
      const text = OTHER_NUMBERS[name] ?? form.event_text;
      expect(eventText(event)).toBe(text);
      if (text === form.event_text) expect(sequencedEventText({ seq, event })).toBe(form.sequenced_text);
      expect(traceText(traceEventOf(logEntryOf('run', { seq, event })))).toBe(form.trace_text);
    },
  );

  test.each(golden.event_parses.map((parse) => [parse.input_text, parse] as const))(
    'given the text %s, when it is read, then it is taken or refused alike',
    (text, { ok_text: expected }) => {
      if (STRICTER.includes(text) || (expected === undefined && !LAXER.includes(text))) {
        expect(() => parseEventText(text)).toThrow(kernelError('InvalidEvent'));
      } else {
        expect(eventText(parseEventText(text))).toBe(expected ?? '{"StateUpdated":{"step_id":null,"payload":2}}');
      }
    },
  );
});

describe('any event', () => {
  test('given an event, when it is encoded and decoded, then it is the same', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        expect(decodeEvent(encodeEvent(event))).toEqual(event);
      }),
    );
  });

  test('given an event, when its text is written and read, then it is the same, and so is its text', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const read = parseEventText(eventText(event));
        expect(read).toEqual(event);
        expect(eventText(read)).toBe(eventText(event));
      }),
    );
  });

  test('given payloads with keys in any order, then the event has one text', () => {
    expect(eventText({ type: 'Resumed', value: { b: 1, a: { d: 1, c: 2 } } })).toBe(
      '{"Resumed":{"value":{"a":{"c":2,"d":1},"b":1}}}',
    );
  });
});

describe('what is no event', () => {
  const decode = (wire: unknown): unknown => {
    try {
      return decodeEvent(wire);
    } catch (error) {
      if (isKernelError(error, 'InvalidEvent')) return null;
      throw error;
    }
  };

  test('given anything, when it is decoded, then it is an event, or InvalidEvent and no other error', () => {
    const anything = fc.anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withSparseArray: true,
    });
    fc.assert(
      fc.property(anything, (wire) => void decode(wire)),
      { numRuns: 500 },
    );
  });

  test('given an event with a field replaced, added or left out, when it is decoded, then only InvalidEvent', () => {
    const kinds = ['StateUpdated', 'ActionRequested', 'ActionSucceeded', 'ActionFailed', 'Interrupted', 'Resumed'];
    const field = fc.constantFrom('step_id', 'payload', 'action_id', 'output', 'error', 'value', '__proto__', 'more');
    const body = fc.dictionary(field, fc.oneof(anyJson, fc.anything({ withBigInt: true })), { maxKeys: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...kinds), body, (kind, fields) => {
        const event = decode({ [kind]: fields });
        if (event !== null) expect(event).toMatchObject({ type: kind });
      }),
      { numRuns: 500 },
    );
  });

  test.each<readonly [string, unknown]>([
    ['undefined', undefined],
    ['a payload with a cycle', { StateUpdated: { payload: cyclic() } }],
    ['a payload of a bigint', { StateUpdated: { payload: 1n } }],
    ['a kind that all objects have', { constructor: { value: 1 } }],
    ['a kind named __proto__', JSON.parse('{"__proto__":{"value":1}}')],
    ['a value that is only inherited', { Resumed: Object.create({ value: 1 }) as unknown }],
    ['two kinds', { Resumed: { value: 1 }, Interrupted: { value: 1 } }],
    ['an action id with half a surrogate pair', { ActionFailed: { action_id: '\ud800', error: 'x' } }],
  ])('given %s, when it is decoded, then InvalidEvent', (_, wire) => {
    expect(decode(wire)).toBeNull();
  });

  test.each(['', '{', 'Completed', '{"Resumed":{"value":1}}x', 'undefined', '\u0000'])(
    'given the text %j, when it is read, then InvalidEvent',
    (text) => {
      expect(() => parseEventText(text)).toThrow(kernelError('InvalidEvent'));
    },
  );

  test('given __proto__ in a payload, when it is decoded, then it is data, and does no harm', () => {
    const text = '{"Resumed":{"value":{"__proto__":{"polluted":true}}}}';
    expect(eventText(parseEventText(text))).toBe(text);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

function cyclic(): unknown {
  const cycle: Record<string, unknown> = {};
  cycle['cycle'] = cycle;
  return cycle;
}

describe('sealEvent', () => {
  test('given any event, then it is what decoding the encoded event gives, with the same text, and frozen', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const sealed = sealEvent(structuredClone(event));
        expect(sealed).toEqual(decodeEvent(encodeEvent(event)));
        expect(eventText(sealed)).toBe(eventText(event));
        expect(Object.isFrozen(sealed)).toBe(true);
      }),
    );
  });

  test('given fields that nobody knows, then they are left out; given keys out of order, then they are put in order', () => {
    const event = { type: 'Resumed', value: { b: { d: 1, c: 2 }, a: 3 }, more: 1 } as const;
    expect(JSON.stringify(sealEvent(event))).toBe('{"type":"Resumed","value":{"a":3,"b":{"c":2,"d":1}}}');
  });

  test.each<readonly [string, unknown, string]>([
    ['an unknown kind', { type: 'Paused' }, 'unknown kind "Paused"'],
    ['no kind', {}, 'unknown kind "undefined"'],
    ['no payload', { type: 'StateUpdated', stepId: null }, 'undefined is nothing that JSON can say'],
    ['no step id, and not null', { type: 'StateUpdated', payload: 1 }, 'StateUpdated.step_id is not a text'],
    ['an id that is no text', { type: 'ActionRequested', actionId: 7, payload: 1 }, 'action_id is not a text'],
    ['an output that is no JSON', { type: 'ActionSucceeded', actionId: 'a', output: { x: NaN } }, 'NaN'],
    ['half a surrogate pair', { type: 'ActionFailed', actionId: 'a', error: '\ud83d' }, 'lone surrogate'],
  ])('given %s, then InvalidEvent says so', (_, event, message) => {
    expect(() => sealEvent(event as never)).toThrow(kernelError('InvalidEvent'));
    expect(() => sealEvent(event as never)).toThrow(message);
  });
});
