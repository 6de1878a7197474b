/**
 * A text that comes in pieces, without its secrets. What could be the beginning of one is held back until it is clear that it is none; the
 * rest passes at once.
 */
import { REDACTED, type Redactor } from './redactor';

/** A run of such characters may be a key that is still coming. */
const WORD_CHARACTER = /[\w.~+/=:@"'-]/;

/** Words before a key that say that it is one. */
const ANNOUNCING = /authorization|api[-_]?key/i;
const ANNOUNCING_WHOLE = /^(?:bearer|basic)$/i;

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
    const word = unfinishedWord(text);
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

/** Where the last word begins that is still coming, and with it the words before it that say that it is a key. */
function unfinishedWord(text: string): number {
  let from = text.length;
  while (from > 0 && WORD_CHARACTER.test(text.charAt(from - 1))) from -= 1;
  for (let end = from; end > 0;) {
    const [start, stop] = tokenBefore(text, end);
    const token = text.slice(start, stop);
    // A word that is not over announces only with what separates it from the next.
    const isAnnouncing = ANNOUNCING.test(token) || (stop < end && ANNOUNCING_WHOLE.test(token));
    if (!isAnnouncing || text.length - start > WORD_LENGTH_MAX) return from;
    from = start;
    end = start;
  }
  return from;
}

/** The word without space in it that ends at or before a place. */
function tokenBefore(text: string, end: number): readonly [start: number, stop: number] {
  let stop = end;
  while (stop > 0 && /\s/.test(text.charAt(stop - 1))) stop -= 1;
  let start = stop;
  while (start > 0 && stop - start <= WORD_LENGTH_MAX && !/\s/.test(text.charAt(start - 1))) start -= 1;
  return [start, stop];
}

/** Where the longest end of a text begins that is the beginning of a secret; the text's length when there is none. */
function beginningOf(secret: string, text: string): number {
  for (let at = Math.max(0, text.length - secret.length + 1); at < text.length; at += 1) {
    if (secret.startsWith(text.slice(at))) return at;
  }
  return text.length;
}
