/**
 * What we are held against: the same work as plain Temporal workflows, as somebody would write them who needs no log, no policy and
 * no program. Activities, their inputs, their timeouts and their retries are those of our side.
 */
import {
  ActivityCancellationType,
  ApplicationFailure,
  condition,
  defineQuery,
  defineUpdate,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  type RetryPolicy,
} from '@temporalio/workflow';
import type * as activities from './hand-written-activities';
import type { HandWrittenAnswer, HandWrittenQuestion } from './hand-written-questions';

const RETRY: RetryPolicy = {
  initialInterval: 1_000,
  backoffCoefficient: 2,
  maximumInterval: 60_000,
  maximumAttempts: 1_000,
};

const { tick } = proxyActivities<typeof activities>({
  startToCloseTimeout: 305_000,
  heartbeatTimeout: 15_000,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: RETRY,
});

const { tick: tickLocally } = proxyLocalActivities<typeof activities>({ startToCloseTimeout: 305_000, retry: RETRY });

/** Calls `tick` so many times. */
export async function steps(count: number): Promise<{ readonly done: number }> {
  let done = 0;
  while (done < count) done = await tick(done);
  return { done };
}

/** The same with local activities, of which history has the results alone. */
export async function localSteps(count: number): Promise<{ readonly done: number }> {
  let done = 0;
  while (done < count) done = await tickLocally(done);
  return { done };
}

/** Calls `tick` so many times and then asks for ever. */
export async function questions(count: number): Promise<void> {
  let done = 0;
  let answers = 0;
  let pending: HandWrittenQuestion | null = null;
  setHandler(defineQuery<HandWrittenQuestion | null>('pending'), () => pending);
  setHandler(
    defineUpdate<{ readonly answers: number }, [HandWrittenAnswer]>('answer'),
    () => {
      answers += 1;
      pending = null;
      return { answers };
    },
    {
      validator: ({ id, value }) => {
        if (pending !== null && id === pending.id && typeof value === 'number') return;
        throw ApplicationFailure.nonRetryable('nothing of the kind was asked', 'NotPending');
      },
    },
  );
  while (done < count) done = await tick(done);
  for (;;) {
    pending = { id: `question-${answers + 1}`, value: `question ${answers + 1}` };
    const asked = answers;
    await condition(() => answers > asked);
  }
}
