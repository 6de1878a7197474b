/**
 * Actions: the only way in which a run touches the world.
 *
 * Source: Oris kernel, `action`. An action's result becomes an event; a failed attempt is classified so that a policy can
 * decide about a retry.
 */
import { KernelError, isKernelError, messageOf } from './error';
import { isPlainObject, sealJson, type Json } from './json';

/** What a program may ask for. */
export type Action =
  | { readonly type: 'CallTool'; readonly tool: string; readonly input: Json }
  | { readonly type: 'CallLLM'; readonly provider: string; readonly input: Json }
  | { readonly type: 'Sleep'; readonly millis: number }
  | { readonly type: 'WaitSignal'; readonly name: string };

/** How an action ended for good. A failure's text goes into the log as it is. */
export type ActionResult =
  { readonly type: 'success'; readonly output: Json } | { readonly type: 'failure'; readonly error: string };

/** `transient`: another try may help. `rateLimited`: it will, later. `permanent`: it won't. */
export type ActionErrorKind = 'transient' | 'permanent' | 'rateLimited';

/** What a policy is told about a failed attempt. */
export interface ActionError {
  readonly kind: ActionErrorKind;
  readonly message: string;
  /** Milliseconds that a rate-limited callee asked to wait. */
  readonly retryAfterMs: number | null;
}

/** The text that the log keeps of an action that ended because it was told to stop. */
export const CANCELLED_ERROR = 'cancelled';

/** Longest `Sleep`, in milliseconds: ten years. */
export const SLEEP_MS_MAX = 10 * 366 * 24 * 3_600_000;

/**
 * What a tool throws to say how it failed. Other errors count as permanent, but for the well-known network errors
 * of `actionErrorOf`.
 */
export class ActionFailed extends Error {
  override readonly name = 'ActionFailed';
  readonly kind: ActionErrorKind;
  readonly retryAfterMs: number | null;

  constructor(kind: ActionErrorKind, message: string, retryAfterMs: number | null = null) {
    super(message);
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}

/** An error that another attempt may cure. */
export function transient(message: string): ActionFailed {
  return new ActionFailed('transient', message);
}

/** An error that no attempt cures. */
export function permanent(message: string): ActionFailed {
  return new ActionFailed('permanent', message);
}

/** An error of a callee that asks to come back in so many milliseconds. */
export function rateLimited(message: string, retryAfterMs: number): ActionFailed {
  return new ActionFailed('rateLimited', message, retryAfterMs);
}

/** Error codes of Node.js, the network and the kernel's stores that come and go by themselves. */
const TRANSIENT_CODES: ReadonlySet<string> = new Set([
  'ArtifactStore',
  'EAGAIN',
  'EAI_AGAIN',
  'EBUSY',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'EMFILE',
  'ENETDOWN',
  'ENETUNREACH',
  'ENFILE',
  'EPIPE',
  'ETIMEDOUT',
  'OutcomeUnknown',
  'StoreBusy',
]);

/** Classifies whatever an executor threw. Source: Oris kernel, `ActionError::from_kernel_error`. */
export function actionErrorOf(thrown: unknown): ActionError {
  if (isActionFailed(thrown)) {
    return { kind: thrown.kind, message: thrown.message, retryAfterMs: thrown.retryAfterMs };
  }
  const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined;
  const kind = typeof code === 'string' && TRANSIENT_CODES.has(code) ? 'transient' : 'permanent';
  return { kind, message: messageOf(thrown), retryAfterMs: null };
}

/** The text that the log keeps of an action that failed for good: as the specification prints its errors. */
export function failureTextOf(thrown: unknown): string {
  return isKernelError(thrown) ? thrown.message : new KernelError('Executor', messageOf(thrown)).message;
}

function isActionFailed(thrown: unknown): thrown is ActionFailed {
  return typeof thrown === 'object' && thrown !== null && 'name' in thrown && thrown.name === 'ActionFailed';
}

/** An action's wire form: externally tagged JSON, as the specification has it. */
export function encodeAction(action: Action): Json {
  switch (action.type) {
    case 'CallTool':
      // Keys in canonical order, so that nobody has to put them there.
      return { CallTool: { input: action.input, tool: action.tool } };
    case 'CallLLM':
      return { CallLLM: { input: action.input, provider: action.provider } };
    case 'Sleep':
      return { Sleep: { millis: action.millis } };
    case 'WaitSignal':
      return { WaitSignal: { name: action.name } };
  }
}

/**
 * Reads an action's wire form.
 *
 * @throws KernelError `InvalidEvent`
 */
export function decodeAction(wire: unknown): Action {
  try {
    sealJson(wire);
  } catch (error) {
    throw new KernelError('InvalidEvent', `not an action: ${messageOf(error)}`);
  }
  if (!isPlainObject(wire)) throw new KernelError('InvalidEvent', 'an action is an object with one member');
  const [tag, ...more] = Object.keys(wire);
  const body = tag === undefined ? undefined : wire[tag];
  if (tag !== undefined && more.length === 0 && isPlainObject(body)) {
    const text = (key: string): string | undefined => {
      const value = Object.hasOwn(body, key) ? body[key] : undefined;
      return typeof value === 'string' ? value : undefined;
    };
    const input = Object.hasOwn(body, 'input') ? (body['input'] as Json) : undefined;
    const tool = text('tool');
    if (tag === 'CallTool' && tool !== undefined && input !== undefined) return { type: 'CallTool', tool, input };
    const provider = text('provider');
    if (tag === 'CallLLM' && provider !== undefined && input !== undefined) return { type: 'CallLLM', provider, input };
    const millis = Object.hasOwn(body, 'millis') ? body['millis'] : undefined;
    if (tag === 'Sleep' && Number.isSafeInteger(millis) && (millis as number) >= 0) {
      return { type: 'Sleep', millis: millis as number };
    }
    const name = text('name');
    if (tag === 'WaitSignal' && name !== undefined) return { type: 'WaitSignal', name };
  }
  throw new KernelError('InvalidEvent', `not an action: ${JSON.stringify(wire).slice(0, 200)}`);
}
