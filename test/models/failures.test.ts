import { permanent } from '../../src/kernel';
import { ModelSetupError, openAiCompatible } from '../../src/models';
import { providerFailure } from '../../src/models/provider-failure';
import { Redactor } from '../../src/models/redactor';
import { retryAfterMsOf } from '../../src/models/retry-after';
import type { Fault, Turn } from '../../tools/scripted-model';
import { scenes, user } from './model-scene';

const scene = scenes();

/** A turn that fails once and then answers. */
function failing(...faults: readonly Fault[]): Turn {
  return { text: 'At last, after all that went wrong.', faults: [...faults] };
}

async function failure(fault: Fault): Promise<unknown> {
  const open = await scene([failing(fault)]);
  const thrown = await open.answer([user('Hi')]).then(
    () => null,
    (error: unknown) => error,
  );
  // What failed has left nothing behind: the next attempt gets the whole answer.
  expect((await open.answer([user('Hi')])).text).toBe('At last, after all that went wrong.');
  return thrown;
}

describe('a provider that is rate-limited says when to come back', () => {
  it('in seconds', async () => {
    expect(await failure({ type: 'rate-limit', retryAfter: '7' })).toMatchObject({
      name: 'ActionFailed',
      kind: 'rateLimited',
      retryAfterMs: 7_000,
      message: 'model: 429 too many requests',
    });
  });

  it('in milliseconds, which count more', async () => {
    expect(await failure({ type: 'rate-limit', retryAfter: '7', retryAfterMs: 250 })).toMatchObject({
      retryAfterMs: 250,
    });
  });

  it('as a date', async () => {
    const retryAfter = new Date(Date.now() + 60_000).toUTCString();
    const thrown = (await failure({ type: 'rate-limit', retryAfter })) as { readonly retryAfterMs: number };
    expect(thrown.retryAfterMs).toBeGreaterThan(20_000);
    expect(thrown.retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  it('or does not', async () => {
    expect(await failure({ type: 'rate-limit' })).toMatchObject({ kind: 'rateLimited', retryAfterMs: null });
  });

  it.each([
    [{ 'retry-after': '1.5' }, 1_500],
    [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:20 GMT' }, 10_000],
    [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:01 GMT' }, 0],
    [{ 'retry-after': '99999999' }, 86_400_000],
    [{ 'retry-after': 'soon' }, null],
    [{ 'retry-after-ms': '-4' }, null],
    [{}, null],
  ])('%j', (headers, expected) => {
    expect(retryAfterMsOf(headers as Record<string, string>, 10_000)).toBe(expected);
  });
});

describe('another attempt may help', () => {
  it.each<[string, Fault, string]>([
    ['500', { type: 'status', status: 500, message: 'internal' }, 'model: 500 internal'],
    [
      '503',
      { type: 'status', status: 503, body: '<html>Down</html>' },
      'model: 503 Service Unavailable: <html>Down</html>',
    ],
    ['529', { type: 'status', status: 529, message: 'overloaded' }, 'model: 529 overloaded'],
    ['408', { type: 'status', status: 408 }, 'model: 408'],
    ['409', { type: 'status', status: 409 }, 'model: 409'],
    ['a connection that was cut before the first byte', { type: 'cut', afterChunks: 0 }, 'model: '],
    ['a connection that was cut in the middle', { type: 'cut', afterChunks: 3 }, 'model: '],
    ['a body that is no JSON', { type: 'malformed' }, 'model: an answer that is no JSON'],
    ['an empty body', { type: 'empty' }, 'model: '],
    [
      'an error in the stream',
      { type: 'error-in-stream', afterChunks: 2, message: 'lost my way' },
      'model: lost my way',
    ],
    [
      'an error in the stream with a status',
      { type: 'error-in-stream', afterChunks: 0, message: 'x', code: 503 },
      'model: 503 x',
    ],
  ])('after %s', async (_, fault, message) => {
    expect(await failure(fault)).toMatchObject({
      name: 'ActionFailed',
      kind: 'transient',
      message: expect.stringContaining(message),
    });
  });

  it('where nobody listens', async () => {
    const open = await scene([]);
    await open.server.close();
    await expect(open.answer([user('Hi')])).rejects.toMatchObject({ kind: 'transient' });
  });

  it('after an answer without any content, which is not stored', async () => {
    const open = await scene([{ text: '  ' }]);
    await expect(open.answer([user('Hi')])).rejects.toMatchObject({
      kind: 'transient',
      message: expect.stringMatching(
        /^model: an answer without any content \(finish: stop\) \[used \d+ tokens, \$[\d.]+\]$/,
      ) as string,
    });
  });
});

describe('no attempt helps', () => {
  it.each<[string, Fault, string]>([
    ['400', { type: 'status', status: 400, message: 'bad' }, 'model: 400 bad'],
    ['401', { type: 'status', status: 401, message: 'who are you' }, 'model: 401 who are you'],
    ['404', { type: 'status', status: 404, body: 'no such model' }, 'model: 404 Not Found: no such model'],
    [
      'a conversation that is too long',
      { type: 'status', status: 400, message: 'This model’s maximum context length is 8192 tokens' },
      'let the program compact it sooner',
    ],
    [
      'one that turns out too long in the stream',
      { type: 'error-in-stream', afterChunks: 0, message: 'no', code: 'context_length_exceeded' },
      'let the program compact it sooner',
    ],
    ['a request that is too large', { type: 'status', status: 413 }, 'let the program compact it sooner'],
  ])('after %s', async (_, fault, message) => {
    expect(await failure(fault)).toMatchObject({ kind: 'permanent', message: expect.stringContaining(message) });
  });

  it('for a run that no program here is of', async () => {
    const open = await scene([]);
    const environment = open.environment(1, 'somebody');
    await expect(open.answer([user('Hi')], null, { environment })).rejects.toMatchObject({
      kind: 'permanent',
      message: 'no program here has a model main for a run of somebody',
    });
  });
});

describe('a failure', () => {
  it('is short, one line, and carries nothing of the request', async () => {
    const message = `many\nlines\n${'x'.repeat(5_000)}`;
    const thrown = (await failure({ type: 'status', status: 400, message })) as Error & { readonly cause?: unknown };
    expect(thrown.message.length).toBeLessThan(600);
    expect(thrown.message).not.toContain('\n');
    expect(thrown.cause).toBeUndefined();
    expect(Object.keys(thrown).sort()).toEqual(['kind', 'name', 'retryAfterMs']);
  });

  it('that has a kind already keeps it', () => {
    expect(providerFailure(permanent('no'), new Redactor())).toMatchObject({ kind: 'permanent', message: 'no' });
  });
});

describe('a cancelled attempt', () => {
  it('ends the request', async () => {
    const open = await scene([{ text: 'A long story', faults: [{ type: 'hang', afterChunks: 2 }] }]);
    const environment = open.environment();
    const said = open.answer([user('Tell')], null, { environment });
    const heard = new Promise<void>((resolve) => {
      const leave = open.streams.subscribe('run-1', ({ type }) => {
        if (type !== 'text') return;
        leave();
        resolve();
      });
    });
    await heard;
    environment.cancel('CANCELLED');
    await expect(said).rejects.toThrow();
    expect(await open.server.requests[0]!.isCutByClient).toBe(true);
  });

  it('that was cancelled before it began asks nobody', async () => {
    const open = await scene([{ text: 'Hi' }]);
    const environment = open.environment();
    environment.cancel('CANCELLED');
    await expect(open.answer([user('Hi')], null, { environment })).rejects.toThrow();
    expect(open.server.requests).toHaveLength(0);
  });
});

describe('a model that can’t be set up', () => {
  it('names the variable that is missing', () => {
    const set = (): unknown => openAiCompatible({ baseUrl: 'http://x/v1', model: 'm', apiKeyVariable: 'MY_KEY' }, {});
    expect(set).toThrow(ModelSetupError);
    expect(set).toThrow(/^MY_KEY is not set, and the model m needs the key.*\nWhat to do: set MY_KEY/);
  });

  it('says that its URL is none', () => {
    expect(() => openAiCompatible({ baseUrl: 'localhost:11434', model: 'm' })).toThrow('no URL of http or https');
  });
});
