/**
 * Builtins as constants of the bundle. The sandbox's globals are a host object: to read one takes some two hundred nanoseconds, and all code
 * reads `Object` and `JSON` all the time.
 */

/** What nobody replaces: neither Temporal, which has its own clocks, timers and chance, nor the guard, nor a run. */
export const BUILTINS = [
  'Array',
  'ArrayBuffer',
  'BigInt',
  'Boolean',
  'DataView',
  'Error',
  'JSON',
  'Map',
  'Number',
  'Object',
  'Proxy',
  'RangeError',
  'Reflect',
  'RegExp',
  'Set',
  'String',
  'Symbol',
  'TypeError',
  'Uint8Array',
  'Uint32Array',
  'WeakMap',
  'WeakSet',
] as const;

/** The first line of a bundle. */
export const BUILTINS_TEXT = `const ${BUILTINS.map((name) => `${name} = globalThis.${name}`).join(', ')};`;
