/**
 * Secrets, and what stands in their place on disk: `<redacted:{kind}:sha256:{16 hex digits}>`. The hash tells whether two places had the same
 * secret, and lets whoever has the secret find where it was.
 *
 * Found are tokens by their shape, wherever they stand in a text, and texts by the name of the field that they are in. It is a net and not
 * a wall: a secret that looks like nothing, under a name that says nothing, passes. A short password can be found from its hash by
 * trying; do not put one where a record can see it.
 */
import { isPlainObject, sha256Hex } from '../../kernel';
import { withNumberTexts } from './number-text';
import { put } from './record-json';

/** Hex digits of a secret's hash that are shown. */
const HASH_DIGITS = 16;

/** Well-known shapes. Where a shape has a group, only the group is secret. */
const SHAPES: readonly (readonly [kind: string, shape: RegExp])[] = [
  ['private_key', /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g],
  ['github_token', /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})/g],
  ['gitlab_token', /\bgl(?:pat|ptt|dt|rt|cbt|soat)-[\w-]{20,}/g],
  ['stripe_key', /\b(?:sk|rk|whsec)_(?:(?:live|test)_)?[A-Za-z0-9]{16,}/g],
  // Words have no digits: a token without one is taken for a word.
  ['api_key', /\bsk-(?=[\w-]*\d)[A-Za-z0-9_-]{20,}/g],
  ['aws_access_key', /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g],
  ['google_api_key', /\bAIza[\w-]{35}/g],
  ['google_oauth_token', /\bya29\.[\w-]{20,}/g],
  ['slack_token', /\bxox[a-z]-[\w-]{10,}|\bxapp-[\w-]{10,}/g],
  ['slack_webhook', /https:\/\/hooks\.slack\.com\/(?:services|workflows)\/[\w/-]+/g],
  ['npm_token', /\bnpm_[A-Za-z0-9]{36}/g],
  ['pypi_token', /\bpypi-[\w-]{32,}/g],
  ['huggingface_token', /\bhf_[A-Za-z0-9]{30,}/g],
  ['sendgrid_key', /\bSG\.[\w-]{16,}\.[\w-]{16,}/g],
  ['digitalocean_token', /\bdo[opr]_v1_[a-f0-9]{64}/g],
  ['jwt', /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*/g],
  ['bearer_token', /\b[Bb]earer\s+(?=[\w.~+/-]*\d)([\w.~+/-]{16,}=*)/g],
  ['url_password', /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:([^\s/@]+)@/gi],
];

/** Names of fields whose texts are secret, whatever they look like; in lower case, with `_` for `-` and between words. */
const SECRET_NAME =
  /^(?:.*_)?(?:password|passwd|passphrase|secret|api_?key|access_?key|secret_?key|private_?key|signing_?key|encryption_?key|client_?secret|(?:access|auth|bearer|refresh|id|session|api|bot|github|gitlab|npm)_?token|authorization|cookie|set_cookie|credentials?)$/;

/** In an environment, every variable that is a token is one. */
const SECRET_VARIABLE = /^[A-Z][A-Z0-9_]*_TOKEN$/;

const REDACTED = /<redacted:[a-z_]+:sha256:[0-9a-f]{16}>/;
const WHOLLY_REDACTED = /^<redacted:[a-z_]+:sha256:[0-9a-f]{16}>$/;

/** What stands in the place of a secret. */
export function redactionOf(kind: string, secret: string): string {
  return `<redacted:${kind}:sha256:${sha256Hex(secret).slice(0, HASH_DIGITS)}>`;
}

/** A text without the secrets whose shape is known. */
export function redactText(text: string): string {
  let clean = text;
  for (const [kind, shape] of SHAPES) {
    clean = clean.replace(shape, (found: string, group: unknown) => {
      const secret = typeof group === 'string' ? group : found;
      // What stands there instead may look like a secret itself.
      if (REDACTED.test(secret)) return found;
      const at = found.lastIndexOf(secret);
      return found.slice(0, at) + redactionOf(kind, secret) + found.slice(at + secret.length);
    });
  }
  return clean;
}

/** A value without the secrets in it. What holds none is the same value; redacting twice is redacting once. */
export function redactSecrets<T>(value: T): T {
  return redacted(value, '') as T;
}

function redacted(value: unknown, name: string): unknown {
  if (typeof value === 'string') {
    return isSecretName(name) && value !== '' ? redactedWhole(value) : redactText(value);
  }
  if (Array.isArray(value)) {
    const elements = (value as unknown[]).map((element) => redacted(element, name));
    return elements.every((element, at) => element === value[at]) ? value : withNumberTexts(elements, value);
  }
  if (!isPlainObject(value)) return value;
  const copy = {};
  let isChanged = false;
  for (const [key, member] of Object.entries(value)) {
    const [cleanKey, clean] = [redactText(key), redacted(member, key)];
    isChanged ||= cleanKey !== key || clean !== member;
    put(copy, cleanKey, clean);
  }
  return isChanged ? withNumberTexts(copy, value) : value;
}

/** The value of a field that is secret by its name. Its kind is that of its shape, where all of it has one. */
function redactedWhole(value: string): string {
  const clean = redactText(value);
  return WHOLLY_REDACTED.test(clean) ? clean : redactionOf('secret', value);
}

function isSecretName(name: string): boolean {
  const plain = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase();
  return SECRET_NAME.test(plain) || SECRET_VARIABLE.test(name);
}
