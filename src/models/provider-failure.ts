/**
 * What a provider's failure means for the next attempt: the kernel's kinds. The text is made anew: what the SDK throws carries requests,
 * headers and bodies with it, and none of that may leave the worker.
 */
import { AISDKError, APICallError, RetryError } from 'ai';
import { ActionFailed, isPlainObject, messageOf, permanent, transient } from '../kernel';
import type { Redactor } from './redactor';
import { retryAfterMsOf } from './retry-after';

/** Longest text of a failure, in characters. */
export const FAILURE_TEXT_MAX = 500;

/** Faults in the request or in the worker's set-up: they do not go away by themselves. */
const PERMANENT_ERRORS: ReadonlySet<string> = new Set([
  'AI_InvalidArgumentError',
  'AI_InvalidMessageRoleError',
  'AI_InvalidPromptError',
  'AI_LoadAPIKeyError',
  'AI_LoadSettingError',
  'AI_MessageConversionError',
  'AI_NoSuchModelError',
  'AI_NoSuchProviderError',
  'AI_UnsupportedFunctionalityError',
  'AI_UnsupportedModelVersionError',
]);

const TOO_LONG =
  /context[ _-]?(?:length|window|size)|maximum context|too many (?:input )?tokens|(?:prompt|input|request) is too long|reduce the length/i;

const TOO_LONG_ADVICE = 'the conversation is too long for the model: let the program compact it sooner, or say less';

/** What is said in the place of messages that quote an answer: a quotation may end in the middle of a secret. */
const UNREADABLE: Readonly<Record<string, string>> = {
  AI_JSONParseError: 'an answer that is no JSON',
  AI_TypeValidationError: 'an answer that is not what the protocol says',
};

/** Words of a provider that gives no status. */
const RATE_LIMIT = /rate.?limit|too many requests/i;

/** What a thrown value, or an error that came in a stream, is to the policy. */
export function providerFailure(error: unknown, redactor: Redactor): ActionFailed {
  if (error instanceof ActionFailed)
    return new ActionFailed(error.kind, redactor.redact(error.message), error.retryAfterMs);
  if (RetryError.isInstance(error)) return providerFailure(error.lastError, redactor);
  const told = toldBy(error);
  const text = oneLine(redactor.redact(told.text));
  if (told.status !== null) return failureOfStatus(told.status, text, told.headers);
  if (AISDKError.isInstance(error) && PERMANENT_ERRORS.has(error.name)) return permanent(`model: ${text}`);
  if (TOO_LONG.test(text)) return permanent(`model: ${text} (${TOO_LONG_ADVICE})`);
  if (RATE_LIMIT.test(text)) return new ActionFailed('rateLimited', `model: ${text}`);
  return transient(`model: ${text}`);
}

interface Told {
  /** Null where no answer came, or one that was no answer. */
  readonly status: number | null;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

function toldBy(error: unknown): Told {
  if (APICallError.isInstance(error)) {
    const { statusCode, message, responseBody = '', responseHeaders = {} } = error;
    // A body that could not be read gives no message: then its beginning must do.
    const isRead = error.data !== undefined || responseBody.trim() === '';
    // An answer with a good status that is no answer has failed on the way.
    const status = statusCode === undefined || statusCode < 300 ? null : statusCode;
    return { status, text: isRead ? message : `${message}: ${responseBody}`, headers: responseHeaders };
  }
  if (AISDKError.isInstance(error) && Object.hasOwn(UNREADABLE, error.name)) {
    return { status: null, text: UNREADABLE[error.name] ?? '', headers: {} };
  }
  // Errors in the middle of a stream come as the provider wrote them.
  const body = isPlainObject(error) && isPlainObject(error['error']) ? error['error'] : error;
  if (!isPlainObject(body)) return { status: null, text: messageOf(error), headers: {} };
  const { message, code, type, status } = body;
  const number = [status, code].map(Number).find((each) => Number.isInteger(each) && each >= 400 && each < 600);
  const words = [type, code].filter((each) => typeof each === 'string').join(' ');
  const text = typeof message === 'string' ? message : 'an error without a message';
  return { status: number ?? null, text: words === '' ? text : `${text} (${words})`, headers: {} };
}

function failureOfStatus(status: number, text: string, headers: Told['headers']): ActionFailed {
  const message = `model: ${status} ${text}`;
  if (status === 429) return new ActionFailed('rateLimited', message, retryAfterMsOf(headers, Date.now()));
  if (status === 408 || status === 409 || status >= 500) return transient(message);
  return permanent(TOO_LONG.test(text) || status === 413 ? `${message} (${TOO_LONG_ADVICE})` : message);
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim().toWellFormed();
  return line.length > FAILURE_TEXT_MAX ? `${line.slice(0, FAILURE_TEXT_MAX).toWellFormed()} …` : line;
}
