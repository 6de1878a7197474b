/** The runs whose histories are kept in this folder: together they have every event that a run can cause so far. */
import type { KernelClient } from '../../src/client';
import { playing } from '../support/player';

export interface Recording {
  readonly name: string;
  readonly program: 'player';
  readonly initialState: unknown;
  readonly options?: { readonly continueAfterEvents: number };
  /** Plays the part of the outside until the run has ended. */
  readonly play: (kernel: KernelClient, runId: string) => Promise<void>;
}

export const RECORDINGS: readonly Recording[] = [
  {
    name: 'tools-timers-answers',
    program: 'player',
    initialState: playing({ note: 'a' }, { call: 'flaky', input: { failures: 1 } }, { sleep: 5 }, { ask: 'go on?' }),
    play: async (kernel, runId) => {
      await kernel.runUntilBlocked(runId);
      await kernel.resume(runId, { approve: true });
      await kernel.runUntilBlocked(runId);
    },
  },
  {
    name: 'signals',
    program: 'player',
    initialState: playing({ ask: 1 }, { wait: 'payment' }, { wait: 'payment' }),
    play: async (kernel, runId) => {
      await kernel.runUntilBlocked(runId);
      await kernel.signal(runId, 'payment', { amount: 1 });
      await kernel.signal(runId, 'payment', { amount: 'bad' });
      await kernel.signal(runId, 'undeclared', 'resumes');
      await kernel.runUntilBlocked(runId);
      await kernel.signal(runId, 'payment', { amount: 2 });
      await kernel.runUntilBlocked(runId);
    },
  },
  {
    name: 'continued-as-new',
    program: 'player',
    initialState: playing(...Array.from({ length: 8 }, (_, input) => ({ call: 'echo', input }))),
    options: { continueAfterEvents: 20 },
    play: async (kernel, runId) => {
      await kernel.runUntilBlocked(runId);
    },
  },
  {
    name: 'failed',
    program: 'player',
    initialState: playing({ call: 'failing', input: { message: 'no such account' } }),
    play: async (kernel, runId) => {
      await kernel.runUntilBlocked(runId);
    },
  },
  {
    name: 'denied',
    program: 'player',
    initialState: playing({ note: 1 }, { call: 'forbidden' }),
    play: async (kernel, runId) => {
      await kernel.runUntilBlocked(runId);
    },
  },
  {
    name: 'cancelled',
    program: 'player',
    initialState: playing({ ask: 1 }, { sleep: 3_600_000 }),
    play: async (kernel, runId) => {
      await kernel.runUntilBlocked(runId);
      await kernel.resume(runId, 'yes');
      await kernel.cancel(runId);
      await kernel.runUntilBlocked(runId);
    },
  },
];
