/** What attempts used that failed: it goes from one to the next, and is told in the end, whether there is an answer or not. */
import type { MockActivityEnvironment } from '@temporalio/testing';
import { z } from 'zod';
import { usageInFailure } from '../../src/agents';
import { failureTextOf } from '../../src/kernel';
import { SAID_LENGTH_MAX } from '../../src/models/model-request';
import { scenes, user, type ModelScene } from './model-scene';

const scene = scenes();
const output = z.object({ city: z.string() });
const USED = { input: 100, output: 20 };
const CALLED = { inputTokens: 100, outputTokens: 20, totalTokens: 120, costUsd: 0.0004 };

/** One attempt, which is told what the one before said with its last heartbeat. */
class Attempt {
  readonly environment: MockActivityEnvironment;
  last: unknown;

  constructor(open: ModelScene, heartbeatDetails?: unknown) {
    this.environment = open.environment();
    Object.assign(this.environment.context.info, { heartbeatDetails });
    this.last = heartbeatDetails;
    this.environment.on('heartbeat', (details: unknown) => {
      this.last = details;
    });
  }
}

async function failure(work: Promise<unknown>): Promise<Error> {
  return await work.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as Error,
  );
}

describe('an answer that is paid for and refused', () => {
  it('is in the usage of the one that comes after it', async () => {
    let asked = 0;
    const open = await scene(
      () => {
        asked += 1;
        if (asked === 3) return { text: 'x', faults: [{ type: 'status', status: 500 }] };
        return asked < 3 ? { text: 'Bern, I think', usage: USED } : { object: { city: 'Bern' }, usage: USED };
      },
      { use: { output } },
    );
    let details: unknown = undefined;
    const texts: string[] = [];
    while (texts.length < 3) {
      const attempt = new Attempt(open, details);
      texts.push((await failure(open.answer([user('Bern?')], null, attempt))).message);
      details = attempt.last;
    }
    expect(texts).toEqual([
      'model: structured output that is no JSON [used 120 tokens, $0.0004]',
      'model: structured output that is no JSON [used 240 tokens, $0.0008]',
      'model: 500 a scripted failure [used 240 tokens, $0.0008]',
    ]);
    const last = new Attempt(open, details);
    const { usage } = await open.answer([user('Bern?')], null, last);
    expect(usage).toEqual({
      inputTokens: 300,
      outputTokens: 60,
      totalTokens: 360,
      costUsd: 0.0012,
      failedAttempts: { inputTokens: 200, outputTokens: 40, totalTokens: 240, costUsd: 0.0008 },
    });
    // A worker that is lost now has said it too.
    expect(last.last).toEqual({ used: { inputTokens: 300, outputTokens: 60, totalTokens: 360, costUsd: 0.0012 } });
  });

  it('says in its failure what it used, as the log will have it', async () => {
    const open = await scene([{ text: '{"city": "Be', finish: 'length', usage: USED }], { use: { output } });
    const thrown = await failure(open.answer([user('Bern?')]));
    expect(thrown).toMatchObject({ name: 'ActionFailed', kind: 'permanent' });
    expect(usageInFailure(failureTextOf(thrown))).toEqual({ totalTokens: 120, costUsd: 0.0004 });
  });

  it('is counted by its length where the provider does not count', async () => {
    const open = await scene([{ text: 'x'.repeat(400), usage: null }], { use: { output } });
    const attempt = new Attempt(open);
    await failure(open.answer([user('Bern?')], null, attempt));
    expect(attempt.last).toMatchObject({ used: { outputTokens: 100 } });
  });

  it('is counted when it has no content', async () => {
    const open = await scene([{ text: ' ', usage: USED }]);
    expect((await failure(open.answer([user('Hi')]))).message).toContain('[used 120 tokens, $0.0004]');
  });

  it('is counted by its length when we cut it off', async () => {
    const open = await scene([{ text: 'x'.repeat(SAID_LENGTH_MAX + 1), usage: USED }]);
    const { message } = await failure(open.answer([user('Hi')]));
    expect(message).toMatch(/^the model said more than .* \[used \d{7} tokens, \$\d+\.\d+\]$/);
  });

  it('is counted when the store fails that would keep it', async () => {
    const open = await scene([{ text: 'Hi.', usage: USED }]);
    jest.spyOn(open.store, 'putBytes').mockRejectedValue(Object.assign(new Error('full'), { code: 'ArtifactStore' }));
    expect(await failure(open.answer([user('Hi')]))).toMatchObject({
      kind: 'transient',
      message: 'full [used 120 tokens, $0.0004]',
    });
  });

  it('is counted when it is an empty summary', async () => {
    const open = await scene([{ when: '[user]', text: ' ', usage: USED }, { text: 'One.' }, { text: 'Two.' }]);
    const one = await open.answer([user('One?')]);
    const two = await open.answer([user('Two?')], one.transcript);
    const { message } = await failure(open.compact(two.transcript, 1));
    expect(message).toBe('model: an empty summary (finish: stop) [used 120 tokens, $0.0004]');
  });
});

describe('nothing is counted', () => {
  it.each([
    ['of an attempt that got no answer', { type: 'status', status: 500 } as const],
    ['of a body without an answer', { type: 'empty' } as const],
    ['of a body that is no answer', { type: 'malformed' } as const],
  ])('%s', async (_, fault) => {
    const open = await scene([{ text: 'x', faults: [fault] }]);
    const attempt = new Attempt(open);
    const { message } = await failure(open.answer([user('Hi')], null, attempt));
    expect(message).not.toContain('[used');
    expect(attempt.last).toBeUndefined();
  });

  it.each([undefined, null, 'half', { used: 7 }, { used: { ...CALLED, totalTokens: -1 } }])(
    'of details that are none: %j',
    async (details) => {
      const open = await scene([{ text: 'Hi.', usage: USED }]);
      const { environment } = new Attempt(open, details);
      expect((await open.answer([user('Hi')], null, { environment })).usage).toEqual(CALLED);
    },
  );
});
