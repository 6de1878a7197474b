/** What a history has of a burst, compared with what the machine asks for. */
import { BURST, canonicalJson, shortCallOf, stretchStart, type ActionId, type Machine } from '../kernel';
import type { BurstInput } from '../protocol';
import type { CheckedRun } from './checked-run';
import type { HistoryEvent } from './history-event';
import { mismatch, reading } from './history-mismatch';

/** Whether an event scheduled a burst. */
export function isBurst({ activityTaskScheduledEventAttributes: scheduled }: HistoryEvent): boolean {
  return scheduled?.activityType?.name === BURST;
}

/**
 * Checks that a burst was begun where one may begin, and was given where the run stands.
 *
 * @throws KernelError `HistoryMismatch`
 */
export async function assertBurst(
  event: HistoryEvent,
  asked: ActionId,
  machine: Machine,
  { program, decoder }: CheckedRun,
): Promise<void> {
  const { activityId, input } = event.activityTaskScheduledEventAttributes ?? {};
  if (shortCallOf(program, machine.waiting)?.actionId !== asked || activityId !== asked) {
    throw mismatch(event, `a burst with id ${activityId ?? '?'}, but the program asked for ${asked}`);
  }
  const given = await reading(event, () => decoder.values(input));
  const expected: BurstInput = { version: program.version, checkpoint: stretchStart(machine) };
  if (canonicalJson(given) === canonicalJson([expected])) return;
  throw mismatch(event, 'the burst was not given where the run stands');
}
