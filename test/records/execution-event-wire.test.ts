/** Execution events on the wire: what the reference prints we print, what it reads we read, and where not, it is said here. */
import fc from 'fast-check';
import {
  BACKOFF_STRATEGIES,
  ERROR_CATEGORIES,
  PARENT_TYPES,
  STEP_SOURCE_TYPES,
  STEP_TYPES,
} from '../../src/records/execution-events/execution-event';
import {
  decodeExecutionEvent,
  encodeExecutionEvent,
  executionEventText,
  parseExecutionEventText,
} from '../../src/records/execution-events/execution-event-wire';
import {
  parseStoredExecutionEventText,
  storedExecutionEventText,
} from '../../src/records/execution-events/stored-execution-event';
import { timestampText } from '../../src/records/execution-events/timestamp';
import { kernelError } from '../kernel/kernel-error-matcher';
import { anyExecutionEvent } from './any-execution-event';
import { goldenForms, readGolden, readGoldenLines, type GoldenForm, type GoldenParse } from './golden/read-golden';

/** Numbers in payloads are printed as RFC 8785 has them; a duration beyond 2^53 - 1 is refused. */
const FORMS_SAID_OTHERWISE: Readonly<Record<string, string | null>> = {
  'execution_started full':
    '{"type":"execution_started","parent":{"parent_id":"msg_1","parent_type":"user_message"},"metadata":{"a":[1,null,"é"],"z":1}}',
  'tool_call_started full':
    '{"type":"tool_call_started","step_id":"step_a","tool_call_id":"call_1","tool_name":"search","input":{"big":18446744073709552000,"f":1,"n":1,"q":"x"}}',
  'step_completed full': null,
  'execution_completed full': null,
};

/** What our text of a form is; null when it is refused. */
function expectedOf(name: string, text: string): string | null {
  const otherwise = FORMS_SAID_OTHERWISE[name];
  return otherwise === undefined ? text : otherwise;
}

const nameOf = ({ type, form }: GoldenForm): string => `${type} ${form}`;
const forms = goldenForms().map((form) => [nameOf(form), form] as const);

describe('the text of every type of event', () => {
  test('given the golden documents, then they are of sixteen types', () => {
    expect(new Set(goldenForms().map(({ type }) => type)).size).toBe(16);
  });

  test.each(forms)('given %s, when it is read and printed, then the bytes are the same', (name, { text }) => {
    const expected = expectedOf(name, text);
    if (expected === null) {
      expect(() => parseExecutionEventText(text)).toThrow(kernelError('InvalidEvent'));
    } else {
      expect(executionEventText(parseExecutionEventText(text))).toBe(expected);
    }
  });

  test.each(forms)(
    'given %s as a stored event, when it is read and printed, then the bytes are the same',
    (name, form) => {
      const expected = expectedOf(name, form.text);
      if (expected === null) {
        expect(() => parseStoredExecutionEventText(form.stored)).toThrow(kernelError('InvalidEvent'));
      } else {
        expect(form.stored).toContain(form.text);
        const whole = form.stored.replace(form.text, () => expected);
        expect(storedExecutionEventText(parseStoredExecutionEventText(form.stored))).toBe(whole);
      }
    },
  );

  test('given any event, when it is printed and read, then it is the same event', () => {
    fc.assert(
      fc.property(anyExecutionEvent, (event) => {
        const text = executionEventText(event);
        expect(parseExecutionEventText(text)).toEqual(event);
        expect(executionEventText(parseExecutionEventText(text))).toBe(text);
        expect(decodeExecutionEvent(encodeExecutionEvent(event))).toEqual(event);
      }),
    );
  });

  test('given the enumerations of the reference, then ours have the same values', () => {
    expect(readGolden('enums.json')).toMatchObject({
      backoff_strategy: BACKOFF_STRATEGIES,
      execution_error_category: ERROR_CATEGORIES,
      parent_type: PARENT_TYPES,
      step_source_type: STEP_SOURCE_TYPES,
      step_type: STEP_TYPES,
    });
  });

  test('given every default error of the reference, when it is read and printed, then the bytes are the same', () => {
    const { execution_error_defaults_text: errors, execution_error_full: full } = readGolden('enums.json') as {
      execution_error_defaults_text: { text: string }[];
      execution_error_full: { text: string };
    };
    for (const { text } of [...errors, full]) {
      const failed = `{"type":"execution_failed","error":${text}}`;
      expect(executionEventText(parseExecutionEventText(failed))).toBe(failed);
    }
  });
});

/** Texts that the reference reads and we refuse, each with the reason. */
const REFUSED: Readonly<Record<string, string>> = {
  '["execution_started",["p","webhook"],null]': 'an array inside an event',
  '{"type":"execution_started","parent":["p","webhook"]}': 'an array inside an event',
  '{"type":"execution_started","metadata":{"a":1,"a":2}}': 'a member twice',
  '{"type":"custom","event_type":"e","data":{"a":1,"a":2}}': 'a member twice',
  '{"type":"custom","event_type":"e","data":1,"x":1,"x":2}': 'a member twice',
  '{"type":"execution_resumed","x":1,"x":2}': 'a member twice',
  '{"type":"step_completed","step_id":"s","duration_ms":9007199254740993}': 'a number that would be another one',
};

/** Texts that we print otherwise, because numbers in payloads are RFC 8785's. */
const PRINTED: Readonly<Record<string, string>> = {
  '{"type":"custom","event_type":"e","data":{"n":18446744073709551616}}':
    '{"type":"custom","event_type":"e","data":{"n":18446744073709552000}}',
};

const parses = [
  ...(readGolden('parses.json') as { cases: GoldenParse[] }).cases,
  ...(readGoldenLines('more-parses.jsonl') as GoldenParse[]),
];

describe('what is read', () => {
  test.each(parses.map((parse) => [parse.input_text, parse] as const))(
    'given %s, then it is read or refused as by the reference',
    (input, { ok_text: printed }) => {
      if (printed === undefined || Object.hasOwn(REFUSED, input)) {
        expect(() => parseExecutionEventText(input)).toThrow(kernelError('InvalidEvent'));
      } else {
        expect(executionEventText(parseExecutionEventText(input))).toBe(PRINTED[input] ?? printed);
      }
    },
  );

  test('given the exceptions, then the reference reads each of them', () => {
    const read = new Set(parses.filter(({ ok_text: text }) => text !== undefined).map(({ input_text: text }) => text));
    for (const text of [...Object.keys(REFUSED), ...Object.keys(PRINTED)]) expect(read).toContain(text);
  });

  test('given a member that another object would inherit, then it is not read', () => {
    const inherited: unknown = Object.create({ type: 'custom', event_type: 'e', data: 1 });
    expect(() => decodeExecutionEvent(inherited)).toThrow(kernelError('InvalidEvent'));
    const polluted = Object.prototype as { parent?: unknown };
    polluted.parent = { parent_id: 'p', parent_type: 'webhook' };
    try {
      const event = decodeExecutionEvent({ type: 'execution_started' });
      expect(executionEventText(event)).toBe('{"type":"execution_started","parent":null,"metadata":null}');
    } finally {
      delete polluted.parent;
    }
  });

  test('given a type that an object has by itself, then it is unknown', () => {
    for (const type of ['__proto__', 'constructor', 'toString']) {
      expect(() => decodeExecutionEvent({ type })).toThrow('unknown type');
    }
  });

  test.each([NaN, Infinity, -Infinity])('given a score of %p, then it is refused and not lost', (score) => {
    const event = { type: 'GoalEvaluated', stepId: null, goalId: 'g', status: 'met', score, reason: null } as const;
    expect(() => decodeExecutionEvent(encodeExecutionEvent(event))).toThrow(kernelError('InvalidEvent'));
  });

  test('given a text that repeats a member or has fractions deep inside, then the place does not matter', () => {
    const deep = '{"type":"custom","event_type":"e","data":[{"a":"}\\"{\\\\","b":[{}, [1.5], {"a":1}]},{"a":-0.0e1}]}';
    expect(executionEventText(parseExecutionEventText(deep))).toBe(
      '{"type":"custom","event_type":"e","data":[{"a":"}\\"{\\\\","b":[{},[1.5],{"a":1}]},{"a":0}]}',
    );
    const twice = '{"type":"custom","event_type":"e","data":[0,{"\\u0061":1,"b":{"c":[]},"a":2}]}';
    expect(() => parseExecutionEventText(twice)).toThrow('has the member "a" twice');
  });
});

/** Stored events that the reference reads and we refuse. */
const STORED_REFUSED: readonly RegExp[] = [/"sequence":0/, /\.123456Z/, /:60Z/, /^\[/];

describe('what is read of stored events', () => {
  const stored = readGoldenLines('stored-parses.jsonl') as GoldenParse[];

  test.each(stored.map((parse) => [parse.input_text, parse] as const))(
    'given %s, then it is read or refused as by the reference',
    (input, { ok_text: printed }) => {
      if (printed === undefined || STORED_REFUSED.some((pattern) => pattern.test(input))) {
        expect(() => parseStoredExecutionEventText(input)).toThrow(kernelError('InvalidEvent'));
      } else {
        expect(storedExecutionEventText(parseStoredExecutionEventText(input))).toBe(printed);
      }
    },
  );

  test('given the exceptions, then the reference reads each of them', () => {
    for (const pattern of STORED_REFUSED) {
      expect(stored.find(({ input_text: text }) => pattern.test(text))?.ok_text).toBeDefined();
    }
  });

  test('given times of the reference in milliseconds, then ours read the same', () => {
    const { timestamps_text: texts } = readGolden('enums.json') as { timestamps_text: string[] };
    expect(JSON.stringify(timestampText(1_700_000_000_000))).toBe(texts[0]);
    expect(JSON.stringify(timestampText(1_700_000_000_123))).toBe(texts[1]);
  });
});
