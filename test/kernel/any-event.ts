/** Arbitrary events for property tests. */
import fc from 'fast-check';
import type { Event } from '../../src/kernel/event';
import type { Json } from '../../src/kernel/json';

const text = fc.string({ unit: 'binary', maxLength: 20 });

/** Any JSON, with awkward texts and keys, and without -0, which JSON texts turn into 0. */
export const anyJson: fc.Arbitrary<Json> = fc
  .jsonValue({ maxDepth: 3, stringUnit: 'binary' })
  .map((value) => JSON.parse(JSON.stringify(value)) as Json);

/** Any event. */
export const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ type: fc.constant('StateUpdated' as const), stepId: fc.option(text), payload: anyJson }),
  fc.record({ type: fc.constant('ActionRequested' as const), actionId: text, payload: anyJson }),
  fc.record({ type: fc.constant('ActionSucceeded' as const), actionId: text, output: anyJson }),
  fc.record({ type: fc.constant('ActionFailed' as const), actionId: text, error: text }),
  fc.record({ type: fc.constant('Interrupted' as const), value: anyJson }),
  fc.record({ type: fc.constant('Resumed' as const), value: anyJson }),
  fc.record({ type: fc.constant('Completed' as const) }),
);
