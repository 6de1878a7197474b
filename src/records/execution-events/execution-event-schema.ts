/**
 * The schemas of execution events as they stand on disk and on the wire: the specification's JSON, member for member and in its
 * order.
 *
 * Guarantees: what the schemas let through is JSON through and through, frozen, and holds known members only: the
 * reference ignores unknown ones too. An absent member is null where the specification calls it optional.
 */
import { z } from 'zod';
import { messageOf, sealJson, type Json } from '../../kernel';
import { BACKOFF_STRATEGIES, ERROR_CATEGORIES, PARENT_TYPES, STEP_SOURCE_TYPES, STEP_TYPES } from './execution-event';

const U32_MAX = 2 ** 32 - 1;
const U16_MAX = 2 ** 16 - 1;

const Text = z.string().refine((text) => text.isWellFormed(), 'a text has no lone surrogates');
const OptionalText = Text.nullable().default(null);

/** The reference counts to 2^64 - 1; beyond 2^53 - 1 a number would not be the one that was written. */
const Count = z.int().nonnegative();
const Time = z.int();

const Payload = z.unknown().transform((value, context): Json => {
  try {
    return sealJson(value);
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) });
    return z.NEVER;
  }
});
const OptionalPayload = z.unknown().default(null).pipe(Payload);

const WireParentLink = z.object({ parent_id: Text, parent_type: z.enum(PARENT_TYPES) });

const WireRetryPolicy = z.object({
  retryable: z.boolean(),
  max_retries: Count.max(U32_MAX),
  backoff_strategy: z.enum(BACKOFF_STRATEGIES),
  base_delay: Count,
  max_delay: Count,
  requires_idempotency_key: z.boolean(),
});

const WireExecutionError = z.object({
  category: z.enum(ERROR_CATEGORIES),
  message: Text,
  retry_policy: WireRetryPolicy,
  code: OptionalText,
  attempt: Count.max(U32_MAX),
  step_id: OptionalText,
  provider: OptionalText,
  http_status: Count.max(U16_MAX).nullable().default(null),
  details: OptionalPayload,
  occurred_at: Time,
});

/** The wire form of an execution event. */
export const ExecutionEventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('execution_started'),
    parent: WireParentLink.nullable().default(null),
    metadata: OptionalPayload,
  }),
  z.object({
    type: z.literal('step_started'),
    step_id: Text,
    parent_step_id: OptionalText,
    step_type: z.enum(STEP_TYPES),
    name: Text,
  }),
  z.object({ type: z.literal('step_completed'), step_id: Text, output: OptionalText, duration_ms: Count }),
  z.object({ type: z.literal('step_failed'), step_id: Text, error: WireExecutionError }),
  z.object({ type: z.literal('execution_paused'), reason: Text }),
  z.object({ type: z.literal('execution_resumed') }),
  z.object({ type: z.literal('execution_completed'), output: OptionalText, duration_ms: Count }),
  z.object({ type: z.literal('execution_failed'), error: WireExecutionError }),
  z.object({ type: z.literal('execution_cancelled'), reason: Text }),
  z.object({
    type: z.literal('artifact_stored'),
    artifact_id: Text,
    step_id: Text,
    content_hash: Text,
    size_bytes: Count,
  }),
  z.object({
    type: z.literal('step_discovered'),
    step_id: Text,
    discovered_by: OptionalText,
    source_type: z.enum(STEP_SOURCE_TYPES),
    reason: Text,
    depth: Count.max(U32_MAX),
  }),
  z.object({
    type: z.literal('tool_call_started'),
    step_id: OptionalText,
    tool_call_id: Text,
    tool_name: Text,
    input: Payload,
  }),
  z.object({ type: z.literal('tool_call_completed'), step_id: OptionalText, tool_call_id: Text, output: Payload }),
  z.object({ type: z.literal('checkpoint_saved'), step_id: OptionalText, checkpoint_id: Text, state_hash: Text }),
  z.object({
    type: z.literal('goal_evaluated'),
    step_id: OptionalText,
    goal_id: Text,
    status: Text,
    score: z.number().nullable().default(null),
    reason: OptionalText,
  }),
  z.object({ type: z.literal('custom'), event_type: Text, data: Payload }),
]);

/** An execution event as JSON, with the specification's member names in its order. */
export type WireExecutionEvent = z.output<typeof ExecutionEventSchema>;

/** An execution error as JSON. */
export type WireExecutionError = z.output<typeof WireExecutionError>;

/** The members of each type of event, `type` left out, in the specification's order. */
export const MEMBERS_OF: ReadonlyMap<string, readonly string[]> = new Map(
  ExecutionEventSchema.options.map(({ shape }) => {
    const [, ...members] = Object.keys(shape);
    return [shape.type.value, members];
  }),
);

/**
 * The members that the reference reads as whole numbers, by their path: it refuses `1.0` there. Every other number is a JSON number
 * like any other.
 */
export const WHOLE_NUMBERS: ReadonlySet<string> = new Set([
  'duration_ms',
  'size_bytes',
  'depth',
  'error/attempt',
  'error/http_status',
  'error/occurred_at',
  'error/retry_policy/max_retries',
  'error/retry_policy/base_delay',
  'error/retry_policy/max_delay',
]);
