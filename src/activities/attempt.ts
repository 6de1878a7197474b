/**
 * One attempt of a tool, wherever it runs: its input and output are checked, its time is limited, and when it fails the program's policy
 * decides about the next one.
 */
import {
  actionErrorOf,
  attemptTimeoutMsOf,
  brokenOutput,
  canonicalJson,
  checkSchema,
  failureTextOf,
  isKernelError,
  messageOf,
  permanent,
  SHORT_OUTPUT_BYTES_MAX,
  SLEEP_MS_MAX,
  transient,
  type Action,
  type ActionError,
  type AnyTool,
  type DefinedProgram,
  type RetryDecision,
} from '../kernel';
import { ApplicationFailure } from '@temporalio/common';

/** A call of a tool or a model. */
export type ToolCall = Extract<Action, { readonly input: unknown }>;

/** What is attempted. */
export interface Attempt {
  readonly program: DefinedProgram;
  readonly tool: AnyTool;
  readonly action: ToolCall;
  /** 1 for the first one. */
  readonly number: number;
}

/** How an attempt failed, and what the policy says to that. */
export interface FailedAttempt {
  readonly kind: ActionError['kind'];
  /** The text that the log gets, if there is no other attempt. */
  readonly text: string;
  /** How long to wait before the next attempt, in milliseconds; null when there is to be none. */
  readonly retryAfterMs: number | null;
}

/**
 * Makes an attempt.
 *
 * @param run is given the input as its schema reads it
 * @returns the output, as it is to be written
 */
export async function makeAttempt(
  { tool, action }: Attempt,
  run: (input: unknown) => Promise<unknown>,
): Promise<unknown> {
  const parsed = readInput(tool, action);
  let output: unknown;
  try {
    output = await inTime(tool, () => run(parsed));
  } catch (thrown) {
    throw tool.short !== undefined && isCompletedLater(thrown)
      ? permanent(`${labelOf(action)} is short, and can't be completed by somebody else later`)
      : thrown;
  }
  return readOutput(tool, labelOf(action), output ?? null);
}

/** Whether an attempt ended because somebody else completes it later. */
export function isCompletedLater(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'CompleteAsyncError';
}

/** Decides about a failed attempt. */
export function judge({ program, tool, action, number }: Attempt, thrown: unknown): FailedAttempt {
  const error = errorOf(thrown);
  const decision = decide(program, action, error, number);
  const text = failureTextOf(thrown);
  return {
    kind: error.kind,
    text: tool.short === undefined ? text : text.slice(0, SHORT_OUTPUT_BYTES_MAX / 4),
    retryAfterMs: decision.type === 'fail' ? null : delayMs(decision),
  };
}

/** The worker's own limit, so that the policy hears of it; the server's is a little longer and for lost workers. */
async function inTime(tool: AnyTool, attempt: () => Promise<unknown>): Promise<unknown> {
  const timeoutMs = attemptTimeoutMsOf(tool);
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve, reject) => {
      // Somebody's own activity may be no async function.
      const whenOver = Promise.resolve(attempt());
      timer = setTimeout(() => {
        reject(transient(`timed out after ${timeoutMs} ms`));
      }, timeoutMs);
      whenOver.then(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
  }
}

function readInput(tool: AnyTool, action: ToolCall): unknown {
  const checked = checkSchema(tool.input, action.input);
  if (checked.ok) return checked.value;
  const name = action.type === 'CallTool' ? action.tool : action.provider;
  throw permanent(`input of ${name} breaks its schema: ${checked.reason}`);
}

/**
 * Checks an output before it goes into history. What its schema strips is stripped here, so that history holds nothing that
 * the log does not vouch for; unless the schema turns the value into something that it would not take again.
 */
function readOutput(tool: AnyTool, label: string, output: unknown): unknown {
  const checked = checkSchema(tool.output, output);
  if (!checked.ok) throw permanent(brokenOutput(label, checked.reason));
  assertWritable(tool, output, label);
  if (checked.value === output) return output;
  const again = checkSchema(tool.output, checked.value);
  return again.ok && isSame(again.value, checked.value) ? checked.value : output;
}

/** An output that can't be written would fail behind the policy's back, again and again. */
function assertWritable({ short }: AnyTool, output: unknown, label: string): void {
  let text: string;
  try {
    text = JSON.stringify(output);
  } catch (error) {
    throw permanent(`output of ${label} is not JSON: ${messageOf(error)}`);
  }
  if (short === undefined || Buffer.byteLength(text) <= SHORT_OUTPUT_BYTES_MAX) return;
  throw permanent(`output of ${label} has more than the ${SHORT_OUTPUT_BYTES_MAX} bytes that a short tool may give`);
}

function isSame(one: unknown, other: unknown): boolean {
  try {
    return canonicalJson(one) === canonicalJson(other);
  } catch (error) {
    if (isKernelError(error, 'NotJson')) return false;
    throw error;
  }
}

/** The server takes a delay of zero for "no delay given", and can't be told one that is no number. */
function delayMs(decision: Exclude<RetryDecision, { type: 'fail' }>): number {
  const ms = decision.type === 'retryAfter' ? decision.ms : 1;
  return Number.isNaN(ms) ? 1 : Math.min(Math.max(1, ms), SLEEP_MS_MAX);
}

/** A policy that throws has not said that another attempt is wanted. */
function decide(program: DefinedProgram, action: Action, error: ActionError, number: number): RetryDecision {
  try {
    return program.policy.retryStrategyAttempt(error, action, number - 1);
  } catch {
    return { type: 'fail' };
  }
}

/** Activities that know Temporal say for themselves whether another attempt may help. */
function errorOf(thrown: unknown): ActionError {
  if (!(thrown instanceof ApplicationFailure)) return actionErrorOf(thrown);
  return {
    kind: thrown.nonRetryable === true ? 'permanent' : 'transient',
    message: thrown.message,
    retryAfterMs: null,
  };
}

function labelOf(action: ToolCall): string {
  return action.type === 'CallTool' ? `tool ${action.tool}` : `provider ${action.provider}`;
}
