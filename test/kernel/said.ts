/** What people say to a run in tests, and what the log has of it. */
import type { AskRules } from '../../src/kernel/ask';
import { encodeAction } from '../../src/kernel/action';
import type { Event } from '../../src/kernel/event';
import { interruptIdOf, type Seq } from '../../src/kernel/identity';
import type { Json } from '../../src/kernel/json';
import type { Input } from '../../src/kernel/machine-input';
import { RUN } from './machine-specification';

/** Somebody answers the interrupt of that seq. */
export function says(
  by: string | null,
  value: unknown,
  at: Seq,
  more: { roles?: readonly string[]; id?: string } = {},
): Input {
  return { type: 'resume', by, value, interruptId: interruptIdOf(RUN, at), ...more };
}

/** The moment of that stage has come for the interrupt of that seq. */
export function elapsed(at: Seq, stage: number): Input {
  return { type: 'elapsed', interruptId: interruptIdOf(RUN, at), stage };
}

/** A verdict as the log has it. */
export function verdict(decision: 'approve' | 'deny', reason: string | null = null, input?: Json): Json {
  return { decision, reason, ...(input === undefined ? {} : { input }) };
}

const voteOf = (by: string | null, value: Json, roles: readonly string[]): Json => ({ by, roles, value });

/** What the log has of votes and of what becomes of them. */
export const logged = {
  /** The policy asks about a call of `echo`. */
  asks: (input: Json, reason: string, rules: AskRules = {}): Event => ({
    type: 'Interrupted',
    value: {
      $ask: {
        kind: 'approval',
        asker: 'policy',
        question: 'May echo be called?',
        reason,
        action: echo(input),
        ...(rules as Readonly<Record<string, Json>>),
      },
    },
  }),
  vote: (at: Seq, by: string | null, value: Json, roles: readonly string[] = []): Event => ({
    type: 'Resumed',
    value: { $vote: { interruptId: interruptIdOf(RUN, at), by, roles, value } },
  }),
  escalated: (at: Seq, stage: number): Event => ({
    type: 'Resumed',
    value: { $escalated: { interruptId: interruptIdOf(RUN, at), stage } },
  }),
  /** A program's ask is settled; `last` is the vote that did it, or null. */
  decision: (
    at: Seq,
    outcome: string,
    value: Json,
    last: readonly [by: string | null, value: Json, roles?: readonly string[]] | null,
    more: { readonly reason?: string | null; readonly by?: readonly (string | null)[] } = {},
  ): Event => ({
    type: 'Resumed',
    value: {
      $decision: {
        interruptId: interruptIdOf(RUN, at),
        outcome,
        value,
        reason: more.reason ?? null,
        by: more.by ?? (last === null ? [] : [last[0]]),
        vote: last === null ? null : voteOf(last[0], last[1], last[2] ?? []),
      },
    },
  }),
  /** The policy's ask about a call of `echo` is settled. */
  approval: (
    at: Seq,
    outcome: 'approved' | 'denied',
    input: Json,
    last: readonly [by: string | null, value: Json, roles?: readonly string[]] | null,
    more: { readonly reason?: string | null; readonly by?: readonly (string | null)[]; readonly edited?: Json } = {},
  ): Event => ({
    type: 'Resumed',
    value: {
      $approval: {
        interruptId: interruptIdOf(RUN, at),
        outcome,
        proposed: echo(input),
        action: echo(more.edited ?? input),
        reason: more.reason ?? null,
        by: more.by ?? (last === null ? [] : [last[0]]),
        vote: last === null ? null : voteOf(last[0], last[1], last[2] ?? []),
      },
    },
  }),
  steer: (message: Json, by: string | null = null): Event => ({ type: 'Resumed', value: { $steer: { message, by } } }),
  pause: (by: string | null = null, reason: string | null = null): Event => ({
    type: 'Interrupted',
    value: { $pause: { by, reason } },
  }),
  unpause: (by: string | null = null): Event => ({ type: 'Resumed', value: { $unpause: { by } } }),
} as const;

/** A call of `echo` in its wire form. */
export function echo(input: Json): Json {
  return encodeAction({ type: 'CallTool', tool: 'echo', input });
}
