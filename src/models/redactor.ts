/**
 * Keeps secrets in: what leaves a model call (texts, errors, streams) goes through here first. It knows the keys that the call uses and the
 * secret artifacts that it read, and the shapes that keys commonly have.
 *
 * A known secret is found as it is, as JSON writes it and as a URL does; not when it was translated, spelt or encoded otherwise. Values of
 * fewer than {@link SECRET_LENGTH_MIN} characters are words like any other, and stay. Of a secret text, lines and words with a digit are found too.
 */
import { isPlainObject, type Json } from '../kernel';

/** What stands in the place of a secret. */
export const REDACTED = '[secret]';

/** Shorter values are not looked for. */
export const SECRET_LENGTH_MIN = 4;

/** Shorter parts of a secret text are not looked for by themselves, nor are those without a digit. */
export const SECRET_PART_MIN = 8;

/** Longer secret texts are looked for as a whole. */
const SECRET_PARTED_MAX = 100_000;

/** Smaller numbers are not looked for. */
export const SECRET_NUMBER_MIN = 100_000;

/** Common shapes of keys; what the first group has found stays. */
const SHAPES: readonly RegExp[] = [
  /(\b(?:authorization|proxy-authorization)["']?\s*[:=]\s*["']?(?:bearer|basic|token)\s+)[^\s"',;]+/gi,
  /(\b(?:x-)?api[-_]?key["']?\s*[:=]\s*["']?)(?=[^\s"',;]*\d)[^\s"',;]{8,}/gi,
  /(\b(?:bearer|basic)\s+)(?=[\w.~+/-]*\d)[\w.~+/-]{8,}=*/gi,
  /()\bsk-(?:(?=[\w-]*\d)[\w-]{8,}|[\w-]{20,})/g,
  /()\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,})/g,
  /()\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /()\bAIza[\w-]{30,}/g,
  /()\bxox[a-z]-[\w-]{10,}/g,
  /(\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@]{0,200}:)[^\s/@]+(?=@)/gi,
];

export class Redactor {
  readonly #secrets = new Set<string>();
  #longestFirst: readonly string[] | null = null;

  constructor(secrets: readonly string[] = []) {
    for (const secret of secrets) this.#add(secret);
  }

  /** Knows the texts and numbers in a value from now on. */
  addValue(value: Json): void {
    const pending: Json[] = [value];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (typeof next === 'string') this.#addText(next);
      else if (typeof next === 'number') this.#addNumber(next);
      else if (Array.isArray(next)) pending.push(...(next as readonly Json[]));
      else if (isPlainObject(next)) pending.push(...Object.values<Json>(next as Readonly<Record<string, Json>>));
    }
  }

  /** A text without secrets. */
  redact(text: string): string {
    let clean = text;
    for (const secret of this.known) clean = clean.replaceAll(secret, REDACTED);
    // What stands there already must not be found again: `Bearer [secret]` has no key in it.
    for (const shape of SHAPES) clean = clean.replace(shape, (_, before: string) => before + REDACTED);
    return clean;
  }

  /** A value whose texts have no secrets; the names of its members neither. */
  redactJson(value: Json): Json {
    if (typeof value === 'string') return this.redact(value);
    if (typeof value === 'number') return this.#secrets.has(String(value)) ? REDACTED : value;
    if (Array.isArray(value)) return (value as readonly Json[]).map((each) => this.redactJson(each));
    if (!isPlainObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [this.redact(name), this.redactJson(member)]),
    );
  }

  /** Whether a secret that is known stands somewhere in a value. What only looks like one does not count. */
  finds(value: Json): boolean {
    if (typeof value === 'string') return this.known.some((secret) => value.includes(secret));
    if (typeof value === 'number') return this.#secrets.has(String(value));
    if (Array.isArray(value)) return (value as readonly Json[]).some((each) => this.finds(each));
    if (!isPlainObject(value)) return false;
    return Object.entries(value).some(([name, member]) => this.finds(name) || this.finds(member));
  }

  /** The known secrets, longest first: one may be part of another. */
  get known(): readonly string[] {
    this.#longestFirst ??= [...this.#secrets].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
    return this.#longestFirst;
  }

  /** A text, its lines, and those of its words that look like keys: a model quotes what it needs. */
  #addText(text: string): void {
    this.#add(text);
    if (text.length > SECRET_PARTED_MAX) return;
    for (const part of [...text.split(/\r?\n/), ...text.split(/[\s=:,;"'{}[\]()<>]+/)]) {
      if (part.trim().length >= SECRET_PART_MIN && /\d/.test(part)) this.#add(part);
    }
  }

  /** Years, ports and amounts are numbers that anybody says. */
  #addNumber(secret: number): void {
    if (Math.abs(secret) >= SECRET_NUMBER_MIN) this.#add(String(secret));
  }

  #add(secret: string): void {
    const trimmed = secret.trim();
    if (trimmed.length < SECRET_LENGTH_MIN) return;
    this.#longestFirst = null;
    this.#secrets.add(trimmed);
    this.#secrets.add(JSON.stringify(trimmed).slice(1, -1));
    // A text with half a character has no such form.
    if (trimmed.isWellFormed()) this.#secrets.add(encodeURIComponent(trimmed));
  }
}
