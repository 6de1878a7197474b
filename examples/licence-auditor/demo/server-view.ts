/** What the server knows of a run and the log does not: attempts, and what is being tried right now. */
import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';

/** How many attempts each finished action took, by action id. */
export async function attemptsOf(client: Client, runId: string): Promise<Map<string, number>> {
  const { events } = await client.workflow.getHandle(runId).fetchHistory();
  const scheduled = new Map<string, string>();
  const attempts = new Map<string, number>();
  for (const event of events ?? []) {
    const { activityTaskScheduledEventAttributes: request, activityTaskStartedEventAttributes: start } = event;
    if (request) scheduled.set(String(event.eventId), request.activityId ?? '');
    if (start) attempts.set(scheduled.get(String(start.scheduledEventId)) ?? '', start.attempt ?? 1);
  }
  return attempts;
}

/** The tool whose attempt is under way, or null. */
export async function toolUnderWay(client: Client, runId: string): Promise<string | null> {
  const { raw } = await client.workflow.getHandle(runId).describe();
  const { PENDING_ACTIVITY_STATE_STARTED: started } = temporal.api.enums.v1.PendingActivityState;
  return raw.pendingActivities?.find(({ state }) => state === started)?.activityType?.name ?? null;
}
