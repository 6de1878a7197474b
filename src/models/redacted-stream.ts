/**
 * A text that comes in pieces, without its secrets. What could be the beginning of one is held back until it is clear that it is none; the
 * rest passes at once.
 */
import { REDACTED, type Redactor } from './redactor';

/** A run of such characters may be a key that is still coming, and words before it may say that it is one. */
const UNFINISHED_WORD = /(?:\b(?:authorization|(?:x-)?api[-_]?key)\S*\s*|\b(?:bearer|basic)\s+)*[\w.~+/=:@"'-]*$/i;

/** What goes on to be part of a key. */
const KEY_CHARACTERS = /^[\w.~+/=-]+/;

/** A word is not held back for longer than so many characters. */
const WORD_LENGTH_MAX = 512;

export class RedactedStream {
  readonly #redactor: Redactor;
  #held = '';
  /** A key was longer than what is held back: the rest of it is still coming. */
  #isInKey = false;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  /** The next piece; gives what may be shown, which can be nothing. */
  push(piece: string): string {
    this.#held += piece;
    if (this.#isInKey) {
      this.#held = this.#held.replace(KEY_CHARACTERS, '');
      if (this.#held === '') return '';
      this.#isInKey = false;
    }
    const end = this.#end();
    const shown = this.#redactor.redact(this.#held.slice(0, end));
    this.#held = this.#held.slice(end);
    this.#isInKey = this.#held === '' && shown.endsWith(REDACTED);
    return shown;
  }

  /** There are no more pieces; gives the rest. */
  end(): string {
    const rest = this.#redactor.redact(this.#held);
    this.#held = '';
    return rest;
  }

  /** Where what must be held back begins. */
  #end(): number {
    const text = this.#held;
    const word = UNFINISHED_WORD.exec(text)?.index ?? text.length;
    let end = text.length - word > WORD_LENGTH_MAX ? text.length : word;
    for (const secret of this.#redactor.known) end = Math.min(end, beginningOf(secret, text));
    return this.#outsideSecrets(text, end);
  }

  /** A cut that would go through a whole secret moves before it; there it may go through another one. */
  #outsideSecrets(text: string, cut: number): number {
    for (const secret of this.#redactor.known) {
      const at = text.indexOf(secret, Math.max(0, cut - secret.length + 1));
      if (at !== -1 && at < cut) return this.#outsideSecrets(text, at);
    }
    return cut;
  }
}

/** Where the longest end of a text begins that is the beginning of a secret; the text's length when there is none. */
function beginningOf(secret: string, text: string): number {
  for (let at = Math.max(0, text.length - secret.length + 1); at < text.length; at += 1) {
    if (secret.startsWith(text.slice(at))) return at;
  }
  return text.length;
}
