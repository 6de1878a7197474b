/** How often each action of a run was tried: no log says so, but the history does. */
import { ownIdOf, type ActionId } from '../../kernel';
import { EventType, eventIdOf } from '../../mirror';
import { entriesOf, type OpenedRun } from '../opened-run';

/** Attempts by action. Null where there is no history. */
export async function attemptsOf(opened: OpenedRun): Promise<ReadonlyMap<ActionId, number> | null> {
  const { run, source } = opened;
  if (source === null) return null;
  const executions = new Set<string>([run.firstExecutionId]);
  for await (const { origin } of entriesOf(opened)) executions.add(origin.executionId);
  const attempts = new Map<ActionId, number>();
  for (const executionId of executions) {
    const scheduled = new Map<number, ActionId>();
    for await (const event of source.eventsAfter(ownIdOf(run), executionId, 0)) {
      const { activityId } = event.activityTaskScheduledEventAttributes ?? {};
      if (activityId != null) scheduled.set(eventIdOf(event), activityId);
      if (event.eventType !== EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED) continue;
      const { scheduledEventId, attempt } = event.activityTaskStartedEventAttributes ?? {};
      const actionId = scheduled.get(Number(scheduledEventId));
      if (actionId !== undefined) attempts.set(actionId, Math.max(attempt ?? 1, attempts.get(actionId) ?? 1));
    }
  }
  return attempts;
}
