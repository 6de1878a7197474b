/** Both agents, run as users run them: one command each, offline. */
import { Child } from '../worker/child';

async function run(...args: string[]): Promise<{ readonly code: unknown; readonly stdout: string }> {
  const child = Child.script('scripts/example.mjs', args);
  const code = await child.ended;
  return { code, stdout: child.stdout + child.stderr };
}

test.each([
  [
    'the code review',
    ['code-review', '--yes'],
    [
      'May replaceText be called? (it writes into the repository)',
      'I found two mistakes',
      '1 file changed, 2 insertions(+), 2 deletions(-)',
    ],
  ],
  [
    'the code review, with nobody to approve',
    ['code-review'],
    ['failed: denied', 'I found two mistakes', 'what changed'],
  ],
  [
    'the support',
    ['support', '--yes'],
    [
      '(shop__refund: it is money)',
      'The budget of 2 model calls is used up.',
      'on their way back to you',
      '> Thank you!',
      'You are welcome.',
    ],
  ],
])(
  'given %s, when it runs, then it comes to its end and says what it did',
  async (_, args, said) => {
    const { code, stdout } = await run(...args);

    for (const one of said) expect(stdout).toContain(one);
    expect(code).toBe(0);
  },
  120_000,
);

test.each([
  [['code-review', '--model', 'nothing'], '--model nothing is neither "scripted" nor a URL', 2],
  [['support', '--model', 'http://127.0.0.1:1/v1'], 'an endpoint needs --model-name', 2],
  [['support', '--help'], 'Usage: npm run example -- support', 0],
  [['nothing'], 'There is no example nothing.', 2],
])(
  'given the arguments %j, then it says what is wrong',
  async (args, said, expected) => {
    const { code, stdout } = await run(...args);

    expect(stdout).toContain(said);
    expect(code).toBe(expected);
  },
  60_000,
);
