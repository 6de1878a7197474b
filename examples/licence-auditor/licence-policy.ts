/** The policy on licences: which may be used, which may not, and what that says of an SPDX expression. Pure. */

export type Verdict = 'allowed' | 'denied' | 'unknown';

const ALLOWED: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Unlicense',
  'Zlib',
]);

/** Families by the beginning of their names: every version of them, with or without `-only` and `-or-later`. */
const DENIED = ['AGPL', 'BUSL', 'GPL', 'SSPL', 'UNLICENSED'];

/** From bad to good: an AND is as good as its worst part, an OR as its best. */
const ORDER: readonly Verdict[] = ['denied', 'unknown', 'allowed'];

/** What the policy says of an SPDX expression; `unknown` where it is none, or names a licence that nobody has judged. */
export function verdictOf(expression: string): Verdict {
  const tokens = expression.match(/[()]|[^\s()]+/g) ?? [];
  const next = (token: string): boolean => tokens[0]?.toUpperCase() === token && tokens.shift() !== undefined;

  const either = (): Verdict => {
    let verdict = all();
    while (next('OR')) verdict = pick(Math.max, verdict, all());
    return verdict;
  };
  const all = (): Verdict => {
    let verdict = one();
    while (next('AND')) verdict = pick(Math.min, verdict, one());
    return verdict;
  };
  const one = (): Verdict => {
    if (!next('(')) return withException(verdictOn(tokens.shift() ?? ''));
    const verdict = either();
    return next(')') ? verdict : 'unknown';
  };
  /** An exception only adds permissions, but nobody knows which: it clears a denial and spoils nothing. */
  const withException = (verdict: Verdict): Verdict => {
    if (!next('WITH')) return verdict;
    tokens.shift();
    return verdict === 'denied' ? 'unknown' : verdict;
  };

  const verdict = either();
  return tokens.length === 0 ? verdict : 'unknown';
}

function verdictOn(id: string): Verdict {
  if (ALLOWED.has(id)) return 'allowed';
  return DENIED.some((name) => id === name || id.startsWith(`${name}-`)) ? 'denied' : 'unknown';
}

function pick(best: (a: number, b: number) => number, a: Verdict, b: Verdict): Verdict {
  return ORDER[best(ORDER.indexOf(a), ORDER.indexOf(b))] ?? 'unknown';
}
