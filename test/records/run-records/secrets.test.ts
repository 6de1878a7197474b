/** What is secret does not come on disk; what is not secret does. */
import { canonicalJson } from '../../../src/kernel';
import { redactionOf, redactSecrets, redactText } from '../../../src/records';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';

// Put together here, so that nobody's scanner takes this file for a leak.
const TOKENS: readonly (readonly [kind: string, token: string])[] = [
  ['github_token', `ghp_${'a1B2'.repeat(9)}`],
  ['github_token', `github_pat_${'a1B2'.repeat(8)}`],
  ['gitlab_token', `glpat-${'a1B2'.repeat(5)}`],
  ['api_key', `sk-${'a1B2'.repeat(10)}`],
  ['api_key', `sk-ant-api03-${'a1B2'.repeat(10)}`],
  ['stripe_key', `sk_live_${'a1B2'.repeat(6)}`],
  ['aws_access_key', `AKIA${'A1B2'.repeat(4)}`],
  ['google_api_key', `AIza${'a1B2c'.repeat(7)}`],
  ['slack_token', `xoxb-${'1234567890-'.repeat(2)}abc`],
  ['npm_token', `npm_${'a1B2'.repeat(9)}`],
  ['pypi_token', `pypi-${'AgEI'.repeat(10)}`],
  ['huggingface_token', `hf_${'aBcD'.repeat(9)}`],
  ['sendgrid_key', `SG.${'a1B2'.repeat(5)}.${'a1B2'.repeat(8)}`],
  ['digitalocean_token', `dop_v1_${'a1b2'.repeat(16)}`],
  ['jwt', JWT],
  ['private_key', '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----'],
];

test.each(TOKENS)(
  'given a %s in a text, then a hash stands in its place, and the text around it stays',
  (kind, token) => {
    const redacted = `before ${redactionOf(kind, token)} after`;
    expect(redactText(`before ${token} after`)).toBe(redacted);
    expect(redactText(redacted)).toBe(redacted);
  },
);

test('given a token behind a word, or a password in an address, then only they are taken out', () => {
  expect(redactText('Authorization: Bearer abcdefgh12345678ijkl')).toBe(
    `Authorization: Bearer ${redactionOf('bearer_token', 'abcdefgh12345678ijkl')}`,
  );
  expect(redactText('see postgres://ann:hunter2@host/db')).toBe(
    `see postgres://ann:${redactionOf('url_password', 'hunter2')}@host/db`,
  );
});

test('given fields whose names say that they are secret, then their texts are, wherever they are', () => {
  const value = {
    password: 'hunter2',
    nested: [{ 'x-api-key': 'short', clientSecret: 's', OPENAI_API_KEY: 'k', MY_TOKEN: 't', tokens: ['plain'] }],
    authorization: 'Basic abc',
    cookies: { cookie: 'a=b' },
    token_count: 5,
    password_hint: 'the usual',
    secret: '',
  };
  const clean = redactSecrets(value);
  expect(JSON.stringify(clean)).not.toMatch(/hunter2|short|"s"|"k"|"t"|Basic|a=b/);
  expect(clean).toMatchObject({
    password: redactionOf('secret', 'hunter2'),
    nested: [{ tokens: ['plain'] }],
    token_count: 5,
    password_hint: 'the usual',
    secret: '',
  });
  expect(redactSecrets(clean)).toEqual(clean);
  expect(value.password).toBe('hunter2');
});

test('given a secret as a name, then the name is a hash', () => {
  const token = TOKENS[0]![1];
  expect(Object.keys(redactSecrets({ [token]: 1 }))).toEqual([redactionOf('github_token', token)]);
});

test.each([
  'the risk-assessment-of-the-whole-company is done',
  'sk-learn-is-a-library-for-python-people',
  'bearer responsibilities-and-duties',
  'https://example.org/a:b@c',
  'eyJust words',
  'f3a9c1d2e4b5f3a9c1d2e4b5f3a9c1d2e4b5f3a9c1d2e4b5f3a9c1d2e4b5aaaa',
  '01a1fef1-fbf1-78de-a3d7-35929e1adc2a',
])('given the harmless text %j, then it stays as it is', (text) => {
  expect(redactText(text)).toBe(text);
});

test('given a value without secrets, then it is the same value', () => {
  const value = { a: [1, { b: 'c' }], d: null };
  expect(redactSecrets(value)).toBe(value);
  const odd = JSON.parse('{"__proto__":{"password":"x"},"a":1}') as object;
  expect(canonicalJson(redactSecrets(odd))).toContain('<redacted:secret:');
});
