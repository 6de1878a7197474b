import { RedactedStream } from '../../src/models/redacted-stream';
import { Redactor } from '../../src/models/redactor';
import { result, scenes, user, KEY } from './model-scene';

const scene = scenes();
const PASSWORD = 'correct "horse"\nbattery';

describe('a redactor', () => {
  const redactor = new Redactor(['hunter22', PASSWORD, 'abc']);

  it.each([
    ['a known secret', 'it is hunter22!', 'it is [secret]!'],
    ['one that JSON has escaped', JSON.stringify({ is: PASSWORD }), '{"is":"[secret]"}'],
    ['one in a URL', `/?p=${encodeURIComponent(PASSWORD)}`, '/?p=[secret]'],
    ['a header', 'Authorization: Bearer whatever-it-is', 'Authorization: Bearer [secret]'],
    ['a bearer token', 'sent bearer abcdef0123456789 to you', 'sent bearer [secret] to you'],
    ['a key by its shape', 'key sk-proj-Ab12Cd34 is wrong', 'key [secret] is wrong'],
    ['a key in a query', 'GET /?api_key=0123456789&x=1', 'GET /?api_key=[secret]'],
    ['a password in a URL', 'postgres://me:pass@host/db', 'postgres://me:[secret]@host/db'],
    [
      'nothing in what is no secret',
      'the basic idea: abc, sk-ip it, bearer bonds',
      'the basic idea: abc, sk-ip it, bearer bonds',
    ],
  ])('finds %s', (_, text, clean) => {
    expect(redactor.redact(text)).toBe(clean);
    expect(redactor.redact(clean)).toBe(clean);
  });

  it('finds secrets in values, names of members included', () => {
    expect(redactor.redactJson({ a: ['hunter22', 1], hunter22: null })).toEqual({
      a: ['[secret]', 1],
      '[secret]': null,
    });
    expect(redactor.finds({ a: [{ b: 'not hunter22?' }] })).toBe(true);
    expect(redactor.finds({ a: ['sk-proj-Ab12Cd34'] })).toBe(false);
  });

  it('finds them in a stream, wherever it is cut, and holds back no more than it must', () => {
    const text = `say hunter22 and ${PASSWORD}, then Authorization: Bearer some-token, sk-proj-Ab12Cd34 and a hunter 2.`;
    for (let length = 1; length < 40; length += 1) {
      const stream = new RedactedStream(redactor);
      let shown = '';
      for (let at = 0; at < text.length; at += length) shown += stream.push(text.slice(at, at + length));
      shown += stream.end();
      expect(shown).toBe('say [secret] and [secret], then Authorization: Bearer [secret], [secret] and a hunter 2.');
    }
    expect(new RedactedStream(redactor).push('words, and more words ')).toBe('words, and more words ');
  });

  it('takes no longer for words that only look like the beginning of a key', () => {
    const stream = new RedactedStream(redactor);
    const pieces = [
      'authorization:'.repeat(5_000),
      ' !',
      'api-key,'.repeat(5_000),
      ' (see docs) ',
      'a+'.repeat(20_000),
      ' and done',
    ];
    expect(pieces.map((piece) => stream.push(piece)).join('') + stream.end()).toContain('and done');
  });

  it('finds lines and words of a secret text that look like keys', () => {
    const own = new Redactor();
    own.addValue('DB_PASSWORD=hunter2-prod\nDB_USER=admin');
    expect(own.redact('the password is hunter2-prod, the user admin')).toBe('the password is [secret], the user admin');
  });

  it('shows nothing of a key that is longer than what it holds back', () => {
    const stream = new RedactedStream(redactor);
    let shown = '';
    for (const piece of ['is sk-', ...Array<string>(200).fill('0123456789'), ' and that is all'])
      shown += stream.push(piece);
    expect(shown + stream.end()).toBe('is [secret] and that is all');
  });
});

describe('nothing that leaves a call has', () => {
  it('the key, when the provider repeats it in an error', async () => {
    const message = `Incorrect API key provided: ${KEY}`;
    const open = await scene([{ faults: [{ type: 'status', status: 401, message }] }]);
    await expect(open.answer([user('Hi')])).rejects.toThrow('model: 401 Incorrect API key provided: [secret]');
  });

  it('a value of its headers', async () => {
    const headers = { 'x-team': 'Token planted-in-a-header' };
    const fault = { type: 'status', status: 500, body: 'got planted-in-a-header' } as const;
    const open = await scene([{ faults: [fault] }], { headers });
    await expect(open.answer([user('Hi')])).rejects.toThrow('got [secret]');
    expect(open.server.requests[0]!.headers['x-team']).toBe('Token planted-in-a-header');
  });

  it('a secret result that it read: not in texts, streams or structured output', async () => {
    const open = await scene([
      { calls: [{ tool: 'lookUp', arguments: { word: 'password' }, id: 'c1' }] },
      { text: `The password is ${PASSWORD}, and the pin 4711471.` },
    ]);
    const asked = await open.answer([user('What is it?')]);
    const kept = await open.artifacts.put({ password: PASSWORD, pin: 4_711_471 }, { secret: true });
    let streamed = '';
    open.streams.subscribe('run-1', (event) => {
      if (event.type === 'text') streamed += event.text;
    });
    const said = await open.answer([result('c1', { ...kept })], asked.transcript);
    // The model is shown it: that is what the tool gave it for.
    expect(open.server.requests[1]!.body.messages.at(-1)?.content).toContain('horse');
    expect(said.text).toBe('The password is [secret], and the pin [secret].');
    expect(streamed).toBe(said.text);
    expect(JSON.stringify([said, await open.messages(said.transcript)])).not.toMatch(/horse|4711471/);
  });

  it('a secret in the arguments of a call: that call is refused', async () => {
    const open = await scene([
      { calls: [{ tool: 'lookUp', arguments: { word: 'password' }, id: 'c1' }] },
      {
        calls: [
          { tool: 'note', arguments: { text: `it is ${PASSWORD}` }, id: 'c2' },
          { tool: 'fly', rawArguments: `{"to": "${KEY}`, id: 'c3' },
          { tool: 'note', arguments: { text: 'harmless' }, id: 'c4' },
          { tool: KEY, arguments: {}, id: `id-${KEY}` },
          { tool: 'fly', rawArguments: `${'x'.repeat(90)}${KEY}`, id: 'c6' },
        ],
      },
    ]);
    const asked = await open.answer([user('What is it?')]);
    const kept = await open.artifacts.put(PASSWORD, { secret: true });
    const said = await open.answer([result('c1', { ...kept })], asked.transcript);
    expect(said.calls).toEqual([
      {
        callId: 'c2',
        tool: 'note',
        input: { text: 'it is [secret]' },
        refused: expect.stringContaining('a secret value stands in the arguments'),
      },
      { callId: 'c3', tool: 'fly', input: {}, refused: 'the arguments are no JSON: {"to": "[secret]' },
      { callId: 'c4', tool: 'note', input: { text: 'harmless' }, refused: null },
      { callId: expect.stringMatching(/^[0-9a-f]{9}$/), tool: '_secret_', input: {}, refused: expect.any(String) },
      { callId: 'c6', tool: 'fly', input: {}, refused: `the arguments are no JSON: ${'x'.repeat(90)}[secret]` },
    ]);
    expect(JSON.stringify([said, await open.messages(said.transcript)])).not.toMatch(/horse|sk-scene/);
  });
});
