/** Whether a run that is to do its calls of tools in bursts does so. */
import type { Client } from '@temporalio/client';
import type { RunId } from '../../../src/kernel/identity';
import { BURST } from '../../../src/kernel/short-tool';
import { executionsOf } from '../../../src/runs/execution-chain';
import type { Difference } from '../difference';
import type { PlayedRun } from './play-on-temporal';

/** Where a run's first call of a tool is no burst. (A later one may have been left to an activity of its own, to be tried again.) */
export async function unbegunBursts(
  client: Client,
  runs: ReadonlyMap<RunId, PlayedRun>,
): Promise<readonly Difference[]> {
  const differences: Difference[] = [];
  for (const [runId, { program, mirror }] of runs) {
    if ((await mirror.store.loadRun(runId)) === null) continue;
    const [first] = await executionsOf(client, runId);
    const { events } = await client.workflow.getHandle(runId, first).fetchHistory();
    const begun = (events ?? [])
      .map(({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name ?? '')
      .find((name) => name === BURST || Object.hasOwn(program.tools, name));
    if (begun === undefined || begun === BURST) continue;
    differences.push({
      part: 'executor_calls',
      place: `the history of ${runId}: its first call of a tool`,
      reference: BURST,
      ours: begun,
    });
  }
  return differences;
}
