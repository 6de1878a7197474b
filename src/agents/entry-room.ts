/**
 * How much one model call is told. What people say and what calls give is bounded one by one where it arrives; here it is bounded together, so that
 * an action's input, and the state that it is made of, stay within what a server takes (2 MB a payload). What does not fit is cut or replaced by
 * a short text that says so: the conversation stays legal, and the log has the whole.
 */
import { jsonBytes } from './json-bytes';
import type { Entry } from './model-call';

/** Most bytes of JSON of what was said since the last answer, together. */
export const SAID_BYTES_MAX = 524_288;

/** Most bytes of JSON of the results of one answer's calls, together; texts in the place of results that do not fit come on top. */
export const RESULTS_BYTES_MAX = 524_288;

/** What stands at the end of a message that was cut, or behind which messages are missing. */
export const NO_ROOM_MARK = ' … [cut: no more fits into one model call]';

/** Most messages for one model call; more are put together. */
const MESSAGES_MAX = 100;

/** Room that the smallest message takes, in bytes: where less is left, nothing more is added. */
const ROOM_MIN = 256;

/** What came of a tool call. */
export type ToolEntry = Extract<Entry, { role: 'tool' }>;

/** What was said, with one more message. */
export function withSaid(said: readonly Entry[], text: string): readonly Entry[] {
  const room = SAID_BYTES_MAX - jsonBytes(said);
  if (jsonBytes(text) + ROOM_MIN <= room) return added(said, text);
  if (room > 2 * ROOM_MIN) return added(said, `${beginningWithin(text, room - ROOM_MIN)}${NO_ROOM_MARK}`);
  const last = said.at(-1);
  if (last?.role !== 'user' || last.text.endsWith(NO_ROOM_MARK)) return said;
  return [...said.slice(0, -1), { ...last, text: `${last.text}${NO_ROOM_MARK}` }];
}

/** A result as the model gets it beside the others of the same answer. */
export function fittingResult(results: readonly Entry[], result: ToolEntry): ToolEntry {
  if (jsonBytes([...results, result]) <= RESULTS_BYTES_MAX) return result;
  const made = result.isError ? 'the call failed' : 'the call was made';
  const reason =
    `${made}, but what it gave does not fit: it has ${jsonBytes(result.result)} bytes, and the results of one answer may ` +
    `have ${RESULTS_BYTES_MAX} together. Ask for less at once`;
  return { ...result, result: reason, isError: true };
}

/** One message with all that is too much for messages of their own. */
function added(said: readonly Entry[], text: string): readonly Entry[] {
  const last = said.at(-1);
  return said.length >= MESSAGES_MAX && last?.role === 'user'
    ? [...said.slice(0, -1), { role: 'user', text: `${last.text}\n\n${text}` }]
    : [...said, { role: 'user', text }];
}

/** The longest beginning of a text whose JSON has at most so many bytes. */
function beginningWithin(text: string, bytesMax: number): string {
  let fits = 0;
  let tooLong = Math.min(text.length, bytesMax) + 1;
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (jsonBytes(text.slice(0, middle)) <= bytesMax) fits = middle;
    else tooLong = middle;
  }
  const beginning = text.slice(0, fits);
  // Never cut through a character.
  return beginning.isWellFormed() ? beginning : beginning.slice(0, -1);
}
