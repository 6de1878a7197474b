/** JSON that a person gives: on the command line, in a file, or on stdin. */
import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { messageOf, type Json } from '../kernel';
import { EXIT } from './exit-code';
import { TerminalError } from './failure';

/** Bytes that are read from stdin at most: what is longer does not fit into a message to the server anyhow. */
const BYTES_MAX = 4_000_000;

/**
 * Reads JSON.
 *
 * @param given the text itself, `@FILE` for what is in a file, or `-` for stdin
 * @throws TerminalError
 */
export async function givenJson(given: string, what: string): Promise<Json> {
  const text =
    given === '-' ? await textOf(process.stdin) : given.startsWith('@') ? await textIn(given.slice(1)) : given;
  if (text.length > BYTES_MAX) throw new TerminalError(EXIT.usage, `${what} is longer than ${BYTES_MAX} characters`);
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new TerminalError(
      EXIT.usage,
      `${what} is not JSON: ${messageOf(error)}`,
      `give JSON, in quotes for the shell ('{"order":"A-1001"}', '"yes"'), @FILE, or - for stdin.`,
    );
  }
}

async function textIn(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new TerminalError(EXIT.notFound, `${path} can't be read: ${messageOf(error)}`, 'give the path of a file.');
  }
}
