/** What a run came to, in a form in which two runs of one id on two servers can be compared; and what was lost on the way. */
import { canonicalJson, sequencedEventText } from '../../src/kernel';
import { executionsOf } from '../../src/runs/execution-chain';
import type { RunHarness } from '../support/run-harness';
import { persistently } from './persistently';

/** All that a run came to that its twin must come to as well. */
export interface Outcome {
  readonly log: readonly string[];
  readonly state: string;
  readonly end: string;
}

export async function outcomeOf({ kernel, client }: RunHarness, runId: string): Promise<Outcome> {
  const log = await persistently(() => kernel.log(runId));
  const { status } = await client.workflow.getHandle(runId).describe();
  return {
    log: log.map(({ eventIndex, event, stateHash, hash }) => {
      return `${sequencedEventText({ seq: eventIndex, event })} ${stateHash} ${hash}`;
    }),
    state: canonicalJson(await persistently(() => kernel.state(runId))),
    end: `${status.name}: ${JSON.stringify(await persistently(() => kernel.runUntilBlocked(runId)))}`,
  };
}

/** What was lost with a worker or a server. */
export interface Losses {
  readonly tasks: number;
  readonly attempts: number;
}

/** What history tells of the workflow tasks and the attempts of tools that were lost. */
export async function lossesOf({ client }: RunHarness, runId: string): Promise<Losses> {
  let tasks = 0;
  let attempts = 0;
  for (const executionId of await executionsOf(client, runId)) {
    const { events } = await client.workflow.getHandle(runId, executionId).fetchHistory();
    for (const { workflowTaskTimedOutEventAttributes: task, activityTaskStartedEventAttributes: attempt } of events ??
      []) {
      if (task != null) tasks += 1;
      if (attempt?.lastFailure?.timeoutFailureInfo != null) attempts += 1;
    }
  }
  return { tasks, attempts };
}
