import { isFinished, statusOf, type RunStatus } from '../../src/kernel/run-status';
import type { Waiting } from '../../src/kernel/waiting';

const tool: Waiting = { for: 'action', actionId: 'r-1', action: { type: 'CallTool', tool: 't', input: 1 } };
const signal: Waiting = { for: 'action', actionId: 'r-1', action: { type: 'WaitSignal', name: 'go' } };
const answer: Waiting = { for: 'answer', interruptId: 'r-1', interrupt: { value: 'go on?' } };

test.each<readonly [string, Waiting, RunStatus, boolean]>([
  ['a step', { for: 'step' }, { status: 'running' }, false],
  ['an action', tool, { status: 'running' }, false],
  ['a signal', signal, { status: 'blocked', blocked: { interrupt: null, waitSignal: 'go' } }, false],
  [
    'an answer',
    answer,
    { status: 'blocked', blocked: { interrupt: { id: 'r-1', value: 'go on?' }, waitSignal: null } },
    false,
  ],
  ['nothing, it is completed', { for: 'nothing', outcome: { type: 'completed' } }, { status: 'completed' }, true],
  ['nothing, it is cancelled', { for: 'nothing', outcome: { type: 'cancelled' } }, { status: 'cancelled' }, true],
  [
    'nothing, it failed',
    { for: 'nothing', outcome: { type: 'failed', actionId: 'r-1', error: 'boom' } },
    { status: 'failed', recoverable: false, error: 'boom' },
    true,
  ],
  [
    'nothing, it was denied',
    { for: 'nothing', outcome: { type: 'denied', code: 'PolicyDenied', reason: 'no' } },
    { status: 'denied', code: 'PolicyDenied', reason: 'no' },
    true,
  ],
])('given a run that waits for %s', (_, waiting, status, finished) => {
  expect(statusOf(waiting)).toEqual(status);
  expect(isFinished(status)).toBe(finished);
});
