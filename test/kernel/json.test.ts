import { runInNewContext } from 'node:vm';
import { isPlainObject, JSON_DEPTH_MAX, sealJson, sealRecord, type Json } from '../../src/kernel/json';
import { kernelError } from './kernel-error-matcher';

const NOT_JSON = kernelError('NotJson');

describe('sealJson', () => {
  test('given JSON, then it is the same value, deeply frozen', () => {
    const value = { list: [1, { deep: 'text' }], nothing: null, yes: true };
    expect(sealJson(value)).toBe(value);
    expect(Object.isFrozen(value) && Object.isFrozen(value.list) && Object.isFrozen(value.list[1])).toBe(true);
    expect(() => {
      value.list.push(2);
    }).toThrow(TypeError);
  });

  test('given a value that was refused, then the error names the place', () => {
    expect(() => sealJson({ a: [0, undefined] })).toThrow('undefined is nothing that JSON can say, at ["a"][1]');
  });

  test('given JSON of another realm, then it is JSON', () => {
    const foreign: unknown = runInNewContext('({ list: [1, {}], text: "t" })');
    expect(sealJson(foreign)).toBe(foreign);
  });

  test('given a getter that says something else each time, then NotJson: frozen or not, it would not stay what it is', () => {
    let calls = 0;
    const value = Object.defineProperty({}, 'calls', { enumerable: true, get: () => (calls += 1) });
    expect(() => sealJson(value)).toThrow(NOT_JSON);
    expect(calls).toBe(0);
  });

  test('given a value with as many levels as there may be, then it is JSON; with one more it is not', () => {
    expect(() => sealJson(nested(JSON_DEPTH_MAX))).not.toThrow();
    expect(() => sealJson(nested(JSON_DEPTH_MAX + 1))).toThrow(NOT_JSON);
    expect(() => sealJson({ inside: nested(JSON_DEPTH_MAX) })).toThrow(NOT_JSON);
  });

  test('given a value that grows a level at a time, then it is refused at the same depth as if it came at once', () => {
    let value: Json = {};
    let levels = 1;
    expect(() => {
      for (;;) {
        value = sealJson({ inner: value });
        levels += 1;
      }
    }).toThrow(NOT_JSON);
    expect(levels).toBe(JSON_DEPTH_MAX);
    // What was accepted is accepted again after a way through a text.
    expect(() => sealJson(JSON.parse(JSON.stringify(value)))).not.toThrow();
  });

  test('given a value of full depth, then a record may hold it', () => {
    const payload = sealJson(nested(JSON_DEPTH_MAX));
    expect(() => sealRecord({ type: 'Resumed', value: payload })).not.toThrow();
    expect(() => sealRecord({ entry: { event: { Resumed: { value: nested(JSON_DEPTH_MAX) } } } })).not.toThrow();
  });

  test('given a value that shares parts, then it is JSON: only cycles are not', () => {
    const shared = { x: 1 };
    expect(() => sealJson({ left: shared, right: [shared, shared] })).not.toThrow();
  });
});

describe('the order of keys', () => {
  test('given keys in any order, then the sealed value has them in order, at every level', () => {
    const sealed = sealJson({ b: [{ d: 1, c: 2 }], a: { f: null, e: [] } });
    expect(JSON.stringify(sealed)).toBe('{"a":{"e":[],"f":null},"b":[{"c":2,"d":1}]}');
    expect(Object.isFrozen(sealed)).toBe(true);
  });

  test('given a value that was put in order, when it is sealed again, then it is the same value', () => {
    const sealed = sealJson({ b: { d: 1, c: 2 }, a: 0 });
    expect(sealJson(sealed)).toBe(sealed);
  });

  test('given keys that are array indices, then every engine has them first, and the value is in order as it is', () => {
    const value = { 9: 'nine', 10: 'ten', '!': 'text', a: 1 };
    expect(sealJson(value)).toBe(value);
    // Beyond the last index, a number is a text like any other.
    const beyond = { 5: 0, 4294967295: 1, 10000000000: 2 };
    expect(JSON.stringify(sealJson(beyond))).toBe('{"5":0,"10000000000":2,"4294967295":1}');
  });

  test('given a value out of order that shares large parts, then the parts that are in order are shared still', () => {
    const large = Array.from({ length: 100 }, (_, index) => `text ${index}`);
    sealJson(large);
    const sealed = sealJson({ b: large, a: 1 }) as { readonly b: Json };
    expect(sealed.b).toBe(large);
  });

  test('given __proto__ among the keys, then it is put in order like any other', () => {
    const sealed = sealJson(JSON.parse('{"b":1,"__proto__":{"d":1,"c":2},"a":0}'));
    expect(JSON.stringify(sealed)).toBe('{"__proto__":{"c":2,"d":1},"a":0,"b":1}');
    expect(Object.getPrototypeOf(sealed)).toBe(Object.prototype);
  });
});

describe('what is sealed again and again', () => {
  test('given a large part that was sealed, when something hides in what is put beside it, then it is found', () => {
    const large = sealJson(Array.from({ length: 100 }, () => ({ x: 1 })));
    expect(() => sealJson({ large, small: { bad: undefined } })).toThrow('at ["small"]["bad"]');
    expect(() => sealJson({ large, small: [() => 1] })).toThrow(
      'function is nothing that JSON can say, at ["small"][0]',
    );
  });

  test('given a value of many levels that was refused, when another is refused, then the place is its own', () => {
    expect(() => sealJson(nested(JSON_DEPTH_MAX + 5))).toThrow(NOT_JSON);
    expect(() => sealJson({ a: undefined })).toThrow(/at \["a"\]$/);
    expect(() => sealJson(undefined)).toThrow(/at the value itself$/);
  });

  test('given a part that is not frozen yet beside one that is, then both are frozen', () => {
    const one = sealJson({ x: [1] });
    const other = { y: [2] };
    sealJson({ one, other });
    expect(Object.isFrozen(other) && Object.isFrozen(other.y)).toBe(true);
  });

  test('given parts that share parts that share parts, then sealing them takes no longer than there are parts', () => {
    let value: Json = { leaf: true };
    for (let level = 0; level < 100; level += 1) value = { left: value, right: value };
    expect(Object.isFrozen(sealJson(value))).toBe(true);
  });
});

describe('isPlainObject', () => {
  class Point {
    readonly x = 1;
  }
  test.each<readonly [string, unknown, boolean]>([
    ['an object literal', {}, true],
    ['an object without prototype', Object.create(null), true],
    ['an object literal of another realm', runInNewContext('({})'), true],
    ['null', null, false],
    ['an array', [], false],
    ['a text', 'text', false],
    ['a date', new Date(0), false],
    ['an instance', new Point(), false],
    ['an object that inherits from a literal', Object.create({ inherited: 1 }), false],
  ])('given %s', (_, value, plain) => {
    expect(isPlainObject(value)).toBe(plain);
  });
});

function nested(levels: number): Json {
  let value: Json = null;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
}
