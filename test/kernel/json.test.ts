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
