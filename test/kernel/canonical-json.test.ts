import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { canonicalJson } from '../../src/kernel/canonical-json';
import { hashOf } from '../../src/kernel/hash';
import { JSON_DEPTH_MAX, sealJson, type Json } from '../../src/kernel/json';
import { readGolden } from './golden/read-golden';
import { kernelError } from './kernel-error-matcher';

describe('the examples of RFC 8785', () => {
  test('given the example of section 3.2.2, then it is printed as in section 3.2.3', () => {
    const value = {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"\u002f',
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  test('given the keys of section 3.2.3, then they are sorted by UTF-16 code units', () => {
    const value = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    expect(Object.values(JSON.parse(canonicalJson(value)) as object)).toEqual(
      // JSON.parse puts the one key that looks like an index first; the text below has the true order.
      expect.arrayContaining(Object.values(value)),
    );
    const inOrder = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33'];
    const positions = inOrder.map((key) => canonicalJson(value).indexOf(`${JSON.stringify(key)}:`));
    expect(positions).toEqual([...positions].sort((left, right) => left - right));
    expect(positions).not.toContain(-1);
  });

  test.each([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['ffefffffffffffff', '-1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef4f', '999999999999999900000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555554', '333333333.33333325'],
    ['41b3de4355555555', '333333333.3333333'],
    ['41b3de4355555556', '333333333.3333334'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('given the number with the bits %s of appendix B, then %s', (bits, text) => {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, BigInt(`0x${bits}`));
    expect(canonicalJson(view.getFloat64(0))).toBe(text);
  });
});

describe('what JSON can not say is refused', () => {
  class Point {
    readonly x = 1;
  }
  const cycle: Record<string, unknown> = {};
  cycle['self'] = { cycle };
  const circle: unknown[] = [];
  circle.push(circle);
  const sparse: unknown[] = [1];
  sparse[2] = 3;

  test.each<readonly [string, unknown]>([
    ['undefined', undefined],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['a bigint', 1n],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a symbol as key', { [Symbol('s')]: 1 }],
    ['a cycle of objects', cycle],
    ['a cycle of arrays', circle],
    ['half a surrogate pair', 'a\ud800b'],
    ['the other half', '\udc00'],
    ['a key with half a surrogate pair', { '\ud83d': 1 }],
    ['a class instance', new Point()],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['a boxed text', Object('text')],
    ['bytes', new Uint8Array(1)],
    ['an array with a hole', sparse],
    ['an object with a getter', Object.defineProperty({}, 'now', { enumerable: true, get: () => Date.now() })],
    ['undefined deep down', { a: [{ b: undefined }] }],
  ])('given %s, then NotJson', (_, value) => {
    expect(() => canonicalJson(value)).toThrow(kernelError('NotJson'));
    expect(() => canonicalJson([value])).toThrow(kernelError('NotJson'));
    expect(() => canonicalJson({ value })).toThrow(kernelError('NotJson'));
  });

  test('given a bad value deep down, then the error names the place', () => {
    expect(() => canonicalJson({ users: [{ 'first name': undefined }] })).toThrow('at ["users"][0]["first name"]');
    expect(() => canonicalJson(undefined)).toThrow('at the value itself');
  });

  test('given a value with far too many levels, then NotJson and no stack overflow', () => {
    expect(() => canonicalJson(nested(100_000))).toThrow(kernelError('NotJson'));
    expect(canonicalJson(nested(JSON_DEPTH_MAX))).toHaveLength(JSON_DEPTH_MAX * 2 + 4);
  });
});

describe('dangerous keys', () => {
  const text = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":1}';

  test('given __proto__ as a key, then it is data, and does no harm', () => {
    expect(canonicalJson(JSON.parse(text))).toBe(text);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('given an object without a prototype, then it is an object like any other', () => {
    expect(canonicalJson(Object.assign(Object.create(null) as object, { b: 1, a: 2 }))).toBe('{"a":2,"b":1}');
  });
});

describe('equal values', () => {
  const json = fc.jsonValue({ stringUnit: 'binary' }) as fc.Arbitrary<Json>;

  test('given a value, when its canonical text is parsed, then its canonical text is the same', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  test('given an object, when its members are in another order, then text and hash are the same', () => {
    const members = fc.uniqueArray(fc.tuple(fc.string({ unit: 'binary' }), json), { selector: ([key]) => key });
    fc.assert(
      fc.property(members, (entries) => {
        const turned = Object.fromEntries([...entries].reverse());
        expect(canonicalJson(turned)).toBe(canonicalJson(Object.fromEntries(entries)));
        expect(hashOf(turned)).toBe(hashOf(Object.fromEntries(entries)));
      }),
    );
  });
});

interface GoldenText {
  readonly case: string;
  readonly input_text: string;
  readonly bytes?: string;
  readonly sha256?: string;
  readonly error?: string;
}

describe('the reference kernel', () => {
  const { from_text: golden } = readGolden('canonical-json.json') as { readonly from_text: readonly GoldenText[] };

  /** Where our bytes are others on purpose: RFC 8785 prints numbers as ECMAScript does, and sorts keys by UTF-16. */
  const DIFFERENT: Readonly<Record<string, string>> = {
    'int -0 is a float': '0',
    'float -0.0': '0',
    'float 0.0': '0',
    'float 1.0 keeps .0': '1',
    '1e0': '1',
    '1E2': '100',
    '1e+2': '100',
    '1e15': '1000000000000000',
    '1e16 switches to exponent, with a plus sign': '10000000000000000',
    '9999999999999998.0': '9999999999999998',
    '1e17': '100000000000000000',
    '1e20': '100000000000000000000',
    '12345678901234567890.0': '12345678901234567000',
    '1e-6 switches to exponent (JS: 0.000001)': '0.000001',
    'underflow to zero': '0',
    'negative underflow': '0',
    '2^53+1 exact int': '9007199254740992',
    '2^53+1 as float': '9007199254740992',
    'i64 max': '9223372036854776000',
    'i64 min': '-9223372036854776000',
    'u64 max': '18446744073709552000',
    'u64 max+1 becomes float': '18446744073709552000',
    'i64 min-1 becomes float': '-9223372036854776000',
    'UTF-8 order, not UTF-16: U+FFFF before U+1F600': '{"\ud83d\ude00":1,"\ue000":3,"\uffff":2}',
  };

  const accepted = golden.filter((one) => one.bytes !== undefined);

  test.each(accepted.filter((one) => !Object.hasOwn(DIFFERENT, one.case)).map((one) => [one.case, one] as const))(
    'given %s, then bytes and hash are the same',
    (_, one) => {
      const value: unknown = JSON.parse(one.input_text);
      expect(canonicalJson(value)).toBe(one.bytes);
      expect(hashOf(value)).toBe(one.sha256);
    },
  );

  test.each(accepted.filter((one) => Object.hasOwn(DIFFERENT, one.case)).map((one) => [one.case, one] as const))(
    'given %s, then the bytes differ, and these are ours',
    (_, one) => {
      const ours = canonicalJson(JSON.parse(one.input_text));
      expect(ours).toBe(DIFFERENT[one.case]);
      expect(ours).not.toBe(one.bytes);
    },
  );

  test('given the cases that the reference refuses, then JSON.parse or we refuse them too, but for a depth of 128', () => {
    const taken = golden
      .filter(({ error }) => error !== undefined)
      .filter(({ input_text: text }) => {
        try {
          canonicalJson(JSON.parse(text));
          return true;
        } catch {
          return false;
        }
      });
    expect(taken.map((one) => one.case)).toEqual(['depth 128 rejected']);
  });
});

test('given any value, then its hash is SHA-256 of its canonical text, as Node.js computes it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const text = canonicalJson(value);
      expect(hashOf(value)).toBe(createHash('sha256').update(text, 'utf8').digest('hex'));
    }),
  );
});

function nested(levels: number): Json {
  let value: Json = null;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
}

describe('the two ways to print', () => {
  /** RFC 8785 as plainly as it can be said. */
  function plainly(value: Json): string {
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    if (Array.isArray(value)) return `[${value.map(plainly).join()}]`;
    const object = value as Readonly<Record<string, Json>>;
    const members = Object.keys(object).sort();
    return `{${members.map((key) => `${JSON.stringify(key)}:${plainly(object[key] as Json)}`).join()}}`;
  }

  /** Keys that engines put in an order of their own, or treat otherwise. */
  const awkwardKey = fc.constantFrom(
    '10',
    '9',
    '1',
    '01',
    '-1',
    '4294967294',
    '4294967295',
    'a',
    'toJSON',
    '__proto__',
    '',
  );
  const awkwardJson = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.jsonValue({ maxDepth: 1 }) as fc.Arbitrary<Json>,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.array(fc.tuple(awkwardKey, tie('value')), { maxLength: 4 }).map((members) => {
        return JSON.parse(
          `{${members.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join()}}`,
        ) as Json;
      }),
    ),
  })).value;

  test('given any JSON, sealed before or not, then its text is that of the RFC', () => {
    fc.assert(
      fc.property(awkwardJson, (value) => {
        const expected = plainly(value);
        expect(canonicalJson(structuredClone(value))).toBe(expected);
        expect(canonicalJson(sealJson(value))).toBe(expected);
        expect(canonicalJson({ record: value })).toBe(`{"record":${expected}}`);
      }),
      { numRuns: 300 },
    );
  });

  test('given a library that teaches every array to print itself otherwise, then texts and hashes stay what they are', () => {
    const value = sealJson({ list: [1, 2] });
    const before = canonicalJson(value);
    Object.defineProperty(Array.prototype, 'toJSON', { value: () => 'an array', configurable: true });
    try {
      expect(canonicalJson(value)).toBe(before);
      expect(canonicalJson({ list: [1, 2] })).toBe(before);
    } finally {
      delete (Array.prototype as { toJSON?: unknown }).toJSON;
    }
  });

  test('given an array that prints itself otherwise, then its elements are printed', () => {
    const list = Object.assign([1, 2], { toJSON: () => 'a list' });
    expect(canonicalJson({ list })).toBe('{"list":[1,2]}');
  });
});
