import fc from 'fast-check';
import type { Event } from '../../src/kernel/event';
import { parseTimelineText, runTimeline, timelineText, type RunStatusSummary } from '../../src/kernel/timeline';
import { readGolden } from './golden/read-golden';
import { anyEvent } from './any-event';
import { kernelError } from './kernel-error-matcher';
import { event, RUN } from './machine-specification';

const timelineOf = (...events: readonly Event[]): ReturnType<typeof runTimeline> =>
  runTimeline(
    RUN,
    events.map((one, index) => ({ seq: index + 1, event: one })),
  );

describe("the specification's own tests", () => {
  test('timeline_from_events_matches_order_and_final_status', () => {
    expect(timelineOf(event.updated({ x: 1 }, 'n1'), event.completed)).toEqual({
      runId: RUN,
      events: [
        { seq: 1, kind: 'StateUpdated', stepId: 'n1', actionId: null },
        { seq: 2, kind: 'Completed', stepId: null, actionId: null },
      ],
      finalStatus: { status: 'Completed' },
    });
  });

  test('timeline_json_roundtrip', () => {
    const timeline = timelineOf(event.requested(1, { tool: 't1' }), event.succeeded(1, 'ok'), event.completed);
    expect(parseTimelineText(timelineText(timeline))).toEqual(timeline);
  });
});

test('given any events, then their timeline is read as it was written', () => {
  fc.assert(
    fc.property(fc.array(anyEvent), (events) => {
      const timeline = timelineOf(...events);
      expect(parseTimelineText(timelineText(timeline))).toEqual(timeline);
    }),
  );
});

test.each([
  'timeline',
  'null',
  '[]',
  '{"run_id":1,"events":[],"final_status":{"status":"Running"}}',
  '{"run_id":"r","events":{},"final_status":{"status":"Running"}}',
  '{"run_id":"r","events":[null],"final_status":{"status":"Running"}}',
  '{"run_id":"r","events":[{"seq":1.5,"kind":"Completed"}],"final_status":{"status":"Running"}}',
  '{"run_id":"r","events":[{"seq":1,"kind":"toString"}],"final_status":{"status":"Running"}}',
  '{"run_id":"r","events":[{"seq":1,"kind":"Completed","step_id":7}],"final_status":{"status":"Running"}}',
  '{"run_id":"r","events":[],"final_status":{"status":"Blocked"}}',
  '{"run_id":"r","events":[],"final_status":{"status":"Failed","recoverable":"no"}}',
  '{"run_id":"r","events":[]}',
])('given %s, then it is no timeline', (text) => {
  expect(() => parseTimelineText(text)).toThrow(kernelError('InvalidTimeline'));
});

test('given events, then the timeline has each with its kind, step and action', () => {
  expect(timelineOf(event.updated(1, 'step'), event.tool(2, 'echo', 1), event.succeeded(2, 1)).events).toEqual([
    { seq: 1, kind: 'StateUpdated', stepId: 'step', actionId: null },
    { seq: 2, kind: 'ActionRequested', stepId: null, actionId: 'run-2' },
    { seq: 3, kind: 'ActionSucceeded', stepId: null, actionId: 'run-2' },
  ]);
});

test.each<readonly [string, readonly Event[], RunStatusSummary]>([
  ['completed', [event.updated(1), event.completed], { status: 'Completed' }],
  ['interrupted', [event.interrupted(1)], { status: 'Blocked', interrupt: true }],
  ['failed', [event.tool(1, 'echo', 1), event.failed(1, 'x')], { status: 'Failed', recoverable: false }],
  ['empty', [], { status: 'Running' }],
  ['updated last', [event.updated(1)], { status: 'Running' }],
  ['in an action', [event.tool(1, 'echo', 1)], { status: 'Running' }],
  ['completed and then written to', [event.completed, event.updated(1)], { status: 'Completed' }],
  ['interrupted and then written to', [event.interrupted(1), event.updated(1)], { status: 'Blocked', interrupt: true }],
  ['resumed', [event.interrupted(1), event.resumed(2)], { status: 'Running' }],
])('given a run that is %s, then its status is that of its last event but state updates', (_, events, status) => {
  expect(timelineOf(...events).finalStatus).toEqual(status);
});

test('given a timeline, then its text has the field names of the specification, and leaves out absent ids', () => {
  expect(timelineText(timelineOf(event.updated(1, 's'), event.tool(2, 'echo', 1), event.interrupted(1)))).toBe(
    '{"run_id":"run","events":[{"seq":1,"kind":"StateUpdated","step_id":"s"},' +
      '{"seq":2,"kind":"ActionRequested","action_id":"run-2"},{"seq":3,"kind":"Interrupted"}],' +
      '"final_status":{"status":"Blocked","interrupt":true}}',
  );
});

test('given the statuses that the reference prints, then ours read the same', () => {
  const ends = [event.completed, event.interrupted(1), event.failed(1, 'x')];
  const golden = readGolden('event-wire.json') as { readonly run_status_summary_text: readonly string[] };
  expect(ends.map((end) => JSON.stringify(timelineOf(end).finalStatus))).toEqual(golden.run_status_summary_text);
});
