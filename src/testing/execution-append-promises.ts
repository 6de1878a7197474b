/** What every execution event store promises about appending: as a whole or not at all, numbered without gaps, as it was given. */
import assert from 'node:assert/strict';
import type { ExecutionEventData } from '../records/execution-events/execution-event';
import { EXECUTION_EVENTS_PER_BATCH_MAX } from '../records/execution-events/execution-event-store';
import { executionEventText, parseExecutionEventText } from '../records/execution-events/execution-event-wire';
import { rejects } from './contract-case';
import { labels, listed, note, notes, TIME_MS, type ExecutionEventPromise } from './execution-event-case';

/** One event of every type, as texts of the specification. */
const EVERY_TYPE: readonly string[] = [
  '{"type":"execution_started","parent":{"parent_id":"msg_1","parent_type":"user_message"},"metadata":{"a":[1,null,"é"]}}',
  '{"type":"execution_started","parent":null,"metadata":null}',
  '{"type":"step_started","step_id":"step_b","parent_step_id":"step_a","step_type":"LlmNode","name":"café \\"x\\""}',
  '{"type":"step_completed","step_id":"step_a","output":"out\\n","duration_ms":9007199254740991}',
  '{"type":"step_completed","step_id":"","output":null,"duration_ms":0}',
  '{"type":"step_failed","step_id":"step_a","error":{"category":"LlmError","message":"429","retry_policy":{"retryable":true,"max_retries":3,"backoff_strategy":"exponential","base_delay":1000,"max_delay":30000,"requires_idempotency_key":false},"code":"rate_limit","attempt":2,"step_id":"step_a","provider":"p","http_status":429,"details":{"a":1.5},"occurred_at":-1}}',
  '{"type":"execution_paused","reason":"budget"}',
  '{"type":"execution_resumed"}',
  '{"type":"execution_completed","output":"","duration_ms":5}',
  '{"type":"execution_failed","error":{"category":"Timeout","message":"","retry_policy":{"retryable":false,"max_retries":0,"backoff_strategy":"none","base_delay":0,"max_delay":0,"requires_idempotency_key":true},"code":null,"attempt":1,"step_id":null,"provider":null,"http_status":null,"details":null,"occurred_at":0}}',
  '{"type":"execution_cancelled","reason":"user"}',
  '{"type":"artifact_stored","artifact_id":"artifact_1","step_id":"step_a","content_hash":"sha256:00","size_bytes":1024}',
  '{"type":"step_discovered","step_id":"step_c","discovered_by":"step_a","source_type":"llm_output","reason":"said so","depth":4294967295}',
  '{"type":"tool_call_started","step_id":null,"tool_call_id":"call_1","tool_name":"search","input":{"q":"x"}}',
  '{"type":"tool_call_completed","step_id":"step_a","tool_call_id":"call_1","output":[]}',
  '{"type":"checkpoint_saved","step_id":null,"checkpoint_id":"cp_1","state_hash":"ab"}',
  '{"type":"goal_evaluated","step_id":null,"goal_id":"g","status":"met","score":1.0,"reason":"done"}',
  '{"type":"goal_evaluated","step_id":"s","goal_id":"g","status":"any text","score":-0.0,"reason":null}',
  '{"type":"custom","event_type":"my.event","data":{"type":"inner"}}',
  '{"type":"custom","event_type":"nul \\u0000 and 🦀","data":{"__proto__":{"polluted":true},"constructor":"\\u0000","é":""}}',
];

const NO_EVENTS: readonly unknown[] = [
  { type: 'GoalEvaluated', stepId: null, goalId: 'g', status: 'met', score: NaN, reason: null },
  { type: 'Custom', eventType: 'e', data: undefined },
  { type: 'Custom', eventType: 'e', data: 10n },
  { type: 'Custom', eventType: 'e', data: '\ud800' },
  { type: 'Custom', eventType: '\ud800', data: null },
  { type: 'StepCompleted', stepId: 's', output: null, durationMs: -1 },
  { type: 'StepCompleted', stepId: 's', output: null, durationMs: 2 ** 53 },
  { type: 'StepStarted', stepId: 's', parentStepId: null, stepType: 'OtherNode', name: 'n' },
  { type: 'StepFailed', stepId: 's' },
  { type: 'Nothing' },
  null,
];

export const EXECUTION_APPEND_PROMISES = Object.freeze<ExecutionEventPromise[]>([
  {
    name: 'given single appends, then each returns its own sequence, from one on',
    holds: async (store) => {
      assert.equal(await store.append('e', note(1)), 1);
      assert.equal(await store.append('e', note(2)), 2);
      assert.equal(await store.getLatestSequence('e'), 2);
      assert.equal(await store.countEvents('e'), 2);
      assert.equal(await store.executionExists('e'), true);
    },
  },
  {
    name: 'given a batch, then its sequences are consecutive and the first is returned',
    holds: async (store) => {
      await store.append('e', note(1));
      assert.equal(await store.appendBatch('e', notes(2, 4)), 2);
      assert.equal(await store.append('e', note(5)), 5);
      assert.deepEqual(await labels(store, 'e'), [1, 2, 3, 4, 5]);
    },
  },
  {
    name: 'given a batch without events, then it is refused, and there is no execution after it',
    holds: async (store) => {
      await rejects('EventStore', store.appendBatch('e', []));
      assert.equal(await store.executionExists('e'), false);
      assert.deepEqual(await listed(store, 10, 0), []);
    },
  },
  {
    name: 'given two executions, then each has sequences of its own',
    holds: async (store) => {
      await store.appendBatch('one', notes(1, 3));
      assert.equal(await store.append('two', note(9)), 1);
      assert.equal(await store.append('one', note(4)), 4);
      assert.deepEqual(await labels(store, 'two'), [9]);
    },
  },
  {
    name: 'given an event of every type, then it comes back byte for byte',
    holds: async (store) => {
      await store.appendBatch(
        'e',
        EVERY_TYPE.map((text) => ({ event: parseExecutionEventText(text), timestampMs: TIME_MS })),
      );
      assert.deepEqual(
        Array.from(await store.loadEvents('e'), ({ event }) => executionEventText(event)),
        EVERY_TYPE,
      );
      assert.equal(({} as { polluted?: unknown }).polluted, undefined);
    },
  },
  {
    name: 'given what is no event, then it is refused, and the batch that it stands in too',
    holds: async (store) => {
      for (const event of NO_EVENTS as readonly ExecutionEventData[]) {
        const given = { event, timestampMs: TIME_MS };
        await rejects('InvalidEvent', store.append('e', given));
        await rejects('InvalidEvent', store.appendBatch('e', [note(1), given, note(2)]));
      }
      assert.equal(await store.executionExists('e'), false);
    },
  },
  {
    name: 'given a time that is none, then the event is refused',
    holds: async (store) => {
      for (const timestampMs of [NaN, 0.5, Infinity, 1e15, -1e15]) {
        await rejects('InvalidEvent', store.append('e', note(1, timestampMs)));
      }
      assert.equal(await store.countEvents('e'), 0);
    },
  },
  {
    name: 'given an expected sequence, then only the writer that has seen the latest one appends',
    holds: async (store) => {
      await rejects('HeadConflict', store.append('e', note(0), 1));
      assert.equal(await store.executionExists('e'), false);
      assert.equal(await store.append('e', note(1), 0), 1);
      assert.equal(await store.appendBatch('e', notes(2, 3), 1), 2);
      await rejects('HeadConflict', store.append('e', note(0), 0));
      await rejects('HeadConflict', store.appendBatch('e', notes(0, 0), 2));
      await rejects('HeadConflict', store.appendBatch('e', notes(0, 0), 4));
      assert.deepEqual(await labels(store, 'e'), [1, 2, 3]);
    },
  },
  {
    name: 'given twenty writers that have seen the same, when they append at once, then exactly one does',
    holds: async (store, open) => {
      const others = await Promise.all(Array.from({ length: 20 }, () => open()));
      const outcomes = await Promise.allSettled(others.map((other, index) => other.append('e', note(index), 0)));
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') assert.equal((outcome.reason as { code?: unknown }).code, 'HeadConflict');
      }
      assert.equal(await store.countEvents('e'), 1);
    },
  },
  {
    name: 'given twenty writers of batches at once, then batches stay whole and no sequence is missing',
    holds: async (store, open) => {
      const others = await Promise.all(Array.from({ length: 20 }, () => open()));
      const firsts = await Promise.all(
        others.map((other, index) => other.appendBatch('e', notes(index * 10 + 1, index * 10 + 5))),
      );
      const stored = await labels(store, 'e');
      assert.equal(stored.length, 100);
      firsts.forEach((first, index) => {
        const expected = [1, 2, 3, 4, 5].map((label) => index * 10 + label);
        assert.deepEqual(stored.slice(first - 1, first + 4), expected);
      });
    },
  },
  {
    name: 'given the largest batch, then it is one; a larger one is refused whole',
    holds: async (store) => {
      const largest = notes(1, EXECUTION_EVENTS_PER_BATCH_MAX);
      await rejects('EventStore', store.appendBatch('e', [...largest, note(0)]));
      assert.equal(await store.executionExists('e'), false);
      assert.equal(await store.appendBatch('e', largest), 1);
      assert.equal(await store.countEvents('e'), EXECUTION_EVENTS_PER_BATCH_MAX);
      assert.equal((await store.loadEvents('e')).length, EXECUTION_EVENTS_PER_BATCH_MAX);
    },
  },
]);
