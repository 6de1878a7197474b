/**
 * Inputs that race: random programs, with answers, signals and cancels that arrive whenever they do. Whatever order the server
 * puts them in, the three logs are equal. How many runs are tried is the dose: `RACING_RUNS`, by default a small one.
 */
import fc from 'fast-check';
import type { Line } from '../support/player';
import { RunHarness } from '../support/run-harness';

const RUNS = Number(process.env['RACING_RUNS'] ?? 12);

const line: fc.Arbitrary<Line> = fc.oneof(
  fc.record({ call: fc.constant('echo'), input: fc.integer({ max: 9 }) }),
  fc.record({ call: fc.constant('flaky'), input: fc.constant({ failures: 1 }) }),
  fc.record({ sleep: fc.integer({ min: 0, max: 30 }) }),
  fc.constant({ wait: 'payment' }),
  fc.record({ ask: fc.integer({ max: 9 }) }),
  fc.record({ ask: fc.integer({ max: 9 }) }),
  fc.record({ note: fc.integer({ max: 9 }) }),
);

type Move = 'resume' | 'answer' | 'late answer' | 'payment' | 'bad payment' | 'signal' | 'bad resume' | 'pause';

const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.constantFrom<Move>('resume', 'answer', 'late answer', 'payment', 'bad payment', 'signal', 'bad resume', 'pause'),
  { maxLength: 8 },
);

describe.each([
  ['with a cache', {}],
  ['replaying at every task', { maxCachedWorkflows: 0 }],
])('given inputs that race, %s', (_, options) => {
  let harness: RunHarness;
  beforeAll(async () => {
    harness = await RunHarness.open(options);
    await harness.startWorker();
  });
  afterAll(() => harness.close());

  test('when any program meets any of them, then its three logs are equal', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 6 }), moves, fc.boolean(), async (script, sent, cancelled) => {
        const runId = await harness.play({ script }, { continueAfterEvents: 20 });
        await Promise.all(sent.map((move) => send(harness, runId, move)));
        if (cancelled) await harness.kernel.cancel(runId).catch(ended);
        await finish(harness, runId);
        await harness.checkRuns();
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  }, 600_000);
});

async function send(harness: RunHarness, runId: string, move: Move): Promise<void> {
  const handle = harness.client.workflow.getHandle(runId);
  switch (move) {
    case 'resume': {
      await handle.signal('resume', 'yes').catch(ended);
      return;
    }
    case 'bad resume': {
      await handle.signal('resume', 4711).catch(ended);
      return;
    }
    case 'signal': {
      await handle.signal('signal', { name: 'other', value: 'x' }).catch(ended);
      return;
    }
    case 'payment': {
      await handle.signal('payment', { amount: 1 }).catch(ended);
      return;
    }
    case 'bad payment': {
      await handle.signal('payment', { amount: 'one' }).catch(ended);
      return;
    }
    case 'answer':
      await harness.kernel.resume(runId, { approve: true }).catch(refused);
      return;
    case 'late answer':
      await harness.kernel.resume(runId, 'late', { interruptId: `${runId}-1` }).catch(refused);
      return;
    case 'pause':
      await harness.kernel.status(runId);
  }
}

/** Answers whatever is still asked, until the run has ended. */
async function finish(harness: RunHarness, runId: string): Promise<void> {
  for (;;) {
    const status = await harness.kernel.runUntilBlocked(runId);
    if (status.status !== 'blocked') return;
    if (status.blocked.waitSignal === null) await harness.kernel.resume(runId, 'at last').catch(refused);
    else await harness.kernel.signal(runId, status.blocked.waitSignal, { amount: 2 }).catch(ended);
  }
}

/** Some inputs come too late: that is part of the race. */
function ended(error: unknown): void {
  const code = (error as { code?: unknown }).code;
  const name = (error as { name?: unknown }).name;
  if (code !== 'RunFinished' && name !== 'WorkflowNotFoundError') throw error;
}

function refused(error: unknown): void {
  const { code } = error as { code?: unknown };
  if (!['RunFinished', 'InterruptNotPending'].includes(String(code))) throw error;
}
