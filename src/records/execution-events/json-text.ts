/**
 * Reads a JSON text more strictly than `JSON.parse`, which keeps the last of two members with one name and can't tell `1.0`
 * from `1`.
 *
 * Guarantees: a text in which an object has a member twice is refused, at whatever depth, because two readers could see two
 * different documents in it. It throws nothing but `InvalidEvent`.
 */
import { KernelError, messageOf } from '../../kernel';

/** What a text says, and what is lost in the value. */
export interface JsonText {
  readonly value: unknown;
  /** The paths of the numbers that are not written as whole ones: with a fraction, an exponent, or as `-0`. */
  readonly fractions: readonly Path[];
}

/** Names of members and indices of elements, from the outside in. */
export type Path = readonly string[];

/** An object or array that the scan is inside of. */
interface Level {
  /** The members so far; null in an array. */
  readonly members: Set<string> | null;
  /** The member or element that the scan is at. */
  at: string;
  /** Whether the next text is the name of a member. */
  naming: boolean;
}

/**
 * Reads a JSON text.
 *
 * @throws KernelError `InvalidEvent`
 */
export function readJsonText(text: string): JsonText {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new KernelError('InvalidEvent', `not JSON: ${messageOf(error)}`);
  }
  return { value, fractions: scan(text) };
}

/** Walks a text that is known to be JSON. */
function scan(text: string): readonly Path[] {
  const levels: Level[] = [];
  const fractions: Path[] = [];
  let position = 0;
  while (position < text.length) {
    const level = levels.at(-1);
    const character = text[position] as string;
    let next = position + 1;
    switch (character) {
      case '{':
        levels.push({ members: new Set(), at: '', naming: true });
        break;
      case '[':
        levels.push({ members: null, at: '0', naming: false });
        break;
      case '}':
      case ']':
        levels.pop();
        break;
      case ',':
        if (level !== undefined) moveOn(level);
        break;
      case '"':
        next = endOfText(text, position);
        if (level?.naming === true) name(level, JSON.parse(text.slice(position, next)) as string);
        break;
      default:
        if (character !== '-' && (character < '0' || character > '9')) break;
        next = endOfNumber(text, position);
        if (!WHOLE.test(text.slice(position, next))) fractions.push(levels.map(({ at }) => at));
    }
    position = next;
  }
  return fractions;
}

const WHOLE = /^(?:0|-?[1-9]\d*)$/;

function moveOn(level: Level): void {
  if (level.members === null) level.at = String(Number(level.at) + 1);
  else level.naming = true;
}

function name(level: Level, member: string): void {
  if (level.members?.has(member) === true) {
    throw new KernelError('InvalidEvent', `an object has the member ${JSON.stringify(member.slice(0, 100))} twice`);
  }
  level.members?.add(member);
  level.at = member;
  level.naming = false;
}

function endOfText(text: string, from: number): number {
  let position = from + 1;
  while (text[position] !== '"') position += text[position] === '\\' ? 2 : 1;
  return position + 1;
}

function endOfNumber(text: string, from: number): number {
  let position = from + 1;
  while (position < text.length && '0123456789.eE+-'.includes(text[position] as string)) position += 1;
  return position;
}
