/**
 * What is printed: results on stdout, everything else on stderr.
 *
 * Guarantees: colours only on a terminal, and never where NO_COLOR says so; nothing that a run holds can steer the terminal; when
 * whoever reads stdout goes away, the process ends quietly.
 */
import { stripVTControlCharacters } from 'node:util';

/** Where text goes. */
export interface TextStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** How something is to look. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

const CODE: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 };

/** Widest drawing, in characters; where nothing says how wide the terminal is, it counts as narrow. */
const COLUMNS_MAX = 160;
const COLUMNS_DEFAULT = 100;

/** How often a long work says that it still goes on, in milliseconds. */
const PROGRESS_MS = 5_000;

export class Terminal {
  /** Whether results are JSON. */
  readonly json: boolean;
  readonly #stdout: TextStream;
  readonly #stderr: TextStream;
  readonly #colours: boolean;

  constructor(json: boolean, stdout: TextStream, stderr: TextStream, env: NodeJS.ProcessEnv) {
    this.json = json;
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#colours = stdout.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  }

  /** How wide a drawing may be, in characters. */
  get columns(): number {
    return Math.min(this.#stdout.columns ?? COLUMNS_DEFAULT, COLUMNS_MAX);
  }

  /** Text in a style. What is not ours in it is made harmless. */
  styled(style: Style, text: string): string {
    const harmless = printable(text);
    return this.#colours ? `\u001B[${CODE[style]}m${harmless}\u001B[0m` : harmless;
  }

  /** A result: as JSON in one line where that is asked for, as lines of text otherwise. */
  result(value: object, lines: () => readonly string[]): void {
    if (this.json) this.#stdout.write(`${JSON.stringify(value)}\n`);
    else for (const line of lines()) this.line(line);
  }

  /** A line of a result. */
  line(text: string): void {
    this.#stdout.write(`${this.#colours ? printableButStyles(text) : printable(text)}\n`);
  }

  /** Text as it is, for a file. */
  raw(text: string): void {
    this.#stdout.write(text);
  }

  /** Something that is no result. */
  note(text: string): void {
    this.#stderr.write(`${printable(text)}\n`);
  }

  /** Says from time to time how far a long work is. */
  async during<R>(says: () => string, work: Promise<R>, everyMs: number = PROGRESS_MS): Promise<R> {
    const progress = setInterval(() => {
      this.note(says());
    }, everyMs);
    try {
      return await work;
    } finally {
      clearInterval(progress);
    }
  }
}

const OWN_STYLE = /\u001B\[\d{1,2}m/; // eslint-disable-line no-control-regex

/** Text without anything that a terminal would obey: control characters are shown as they are written in JSON. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replace(
    /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069]/g, // eslint-disable-line no-control-regex
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function printableButStyles(text: string): string {
  const own = new RegExp(`(${OWN_STYLE.source})`);
  return text
    .split(own)
    .map((part) => (OWN_STYLE.test(part) ? part : printable(part)))
    .join('');
}
