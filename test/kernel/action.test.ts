import fc from 'fast-check';
import {
  ActionFailed,
  actionErrorOf,
  decodeAction,
  encodeAction,
  failureTextOf,
  permanent,
  rateLimited,
  transient,
  type Action,
} from '../../src/kernel/action';
import { isKernelError, KernelError } from '../../src/kernel/error';
import { anyJson } from './any-event';
import { kernelError } from './kernel-error-matcher';

const text = fc.string({ unit: 'binary', maxLength: 10 });
const anyAction: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ type: fc.constant('CallTool' as const), tool: text, input: anyJson }),
  fc.record({ type: fc.constant('CallLLM' as const), provider: text, input: anyJson }),
  fc.record({ type: fc.constant('Sleep' as const), millis: fc.maxSafeNat() }),
  fc.record({ type: fc.constant('WaitSignal' as const), name: text }),
);

describe('the wire form of actions', () => {
  test('given each kind, then it is externally tagged JSON', () => {
    expect(encodeAction({ type: 'CallTool', tool: 't', input: 1 })).toEqual({ CallTool: { tool: 't', input: 1 } });
    expect(encodeAction({ type: 'CallLLM', provider: 'p', input: 1 })).toEqual({
      CallLLM: { provider: 'p', input: 1 },
    });
    expect(encodeAction({ type: 'Sleep', millis: 5 })).toEqual({ Sleep: { millis: 5 } });
    expect(encodeAction({ type: 'WaitSignal', name: 'go' })).toEqual({ WaitSignal: { name: 'go' } });
  });

  test('given any action, when it is encoded and decoded, then it is the same', () => {
    fc.assert(
      fc.property(anyAction, (action) => {
        expect(decodeAction(encodeAction(action))).toEqual(action);
      }),
    );
  });

  test('given anything, when it is decoded, then it is an action, or InvalidEvent and no other error', () => {
    const tag = fc.constantFrom('CallTool', 'CallLLM', 'Sleep', 'WaitSignal', 'Dance');
    const field = fc.constantFrom('tool', 'provider', 'input', 'millis', 'name');
    const anything = fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true });
    const body = fc.oneof(anything, fc.dictionary(field, fc.oneof(text, fc.integer(), anything)));
    fc.assert(
      fc.property(fc.oneof(anything, fc.dictionary(tag, body, { maxKeys: 2 })), (wire) => {
        try {
          decodeAction(wire);
        } catch (error) {
          if (!isKernelError(error, 'InvalidEvent')) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });

  test.each<readonly [string, unknown]>([
    ['a bigint', { CallTool: 1n }],
    ['a cycle', cyclic()],
    ['two actions', { Sleep: { millis: 1 }, WaitSignal: { name: 'go' } }],
    [
      'an input that is only inherited',
      { CallTool: Object.assign(Object.create({ input: 1 }) as object, { tool: 't' }) },
    ],
    ['a sleep backwards', { Sleep: { millis: -1 } }],
    ['no input', { CallTool: { tool: 't' } }],
    ['nothing', {}],
  ])('given %s, when it is decoded, then InvalidEvent', (_, wire) => {
    expect(() => decodeAction(wire)).toThrow(kernelError('InvalidEvent'));
  });
});

describe('how an attempt failed', () => {
  test('given what tools throw on purpose, then kind and hint are theirs', () => {
    expect(actionErrorOf(transient('m'))).toEqual({ kind: 'transient', message: 'm', retryAfterMs: null });
    expect(actionErrorOf(permanent('m'))).toEqual({ kind: 'permanent', message: 'm', retryAfterMs: null });
    expect(actionErrorOf(rateLimited('m', 250))).toEqual({ kind: 'rateLimited', message: 'm', retryAfterMs: 250 });
  });

  test('given an ActionFailed of another copy of this package, then it is known by its name', () => {
    const foreign = Object.assign(new Error('m'), { name: 'ActionFailed', kind: 'transient', retryAfterMs: null });
    expect(actionErrorOf(foreign)).toEqual({ kind: 'transient', message: 'm', retryAfterMs: null });
    expect(new ActionFailed('permanent', 'm').name).toBe('ActionFailed');
  });

  test.each(['ECONNRESET', 'ETIMEDOUT', 'EAI_AGAIN', 'EPIPE', 'ECONNREFUSED'])(
    'given the network error %s, then it is transient',
    (code) => {
      expect(actionErrorOf(Object.assign(new Error('m'), { code })).kind).toBe('transient');
    },
  );

  test.each<readonly [string, unknown]>([
    ['an error', new Error('m')],
    ['a missing file', Object.assign(new Error('m'), { code: 'ENOENT' })],
    ['a code that is no text', Object.assign(new Error('m'), { code: 500 })],
    ['a kernel error', new KernelError('Driver', 'm')],
    ['a text', 'm'],
    ['nothing', undefined],
  ])('given %s, then it is permanent', (_, thrown) => {
    expect(actionErrorOf(thrown)).toMatchObject({ kind: 'permanent', retryAfterMs: null });
  });
});

describe('the text of a failure in the log', () => {
  test('given what a tool throws, then the text has the prefix of the specification', () => {
    expect(failureTextOf(transient('boom'))).toBe('Executor: boom');
    expect(failureTextOf(new Error('boom'))).toBe('Executor: boom');
    expect(failureTextOf('boom')).toBe('Executor: boom');
  });

  test('given a kernel error, then the text is its own', () => {
    expect(failureTextOf(new KernelError('Driver', 'mock'))).toBe('Driver error: mock');
  });
});

function cyclic(): unknown {
  const cycle: Record<string, unknown> = {};
  cycle['CallTool'] = { tool: 't', input: cycle };
  return cycle;
}
