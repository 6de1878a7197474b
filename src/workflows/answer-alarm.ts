/** The timer for the next thing that happens to a pending ask by itself: a reminder, the end of the time for an answer. */
import { CancellationScope, sleep } from '@temporalio/workflow';
import { alarmOf, type Alarm, type InterruptId, type Waiting } from '../kernel';
import type { RunScopes } from './run-scopes';

/** What an alarm is for. */
interface DueAlarm extends Alarm {
  readonly interruptId: InterruptId;
  readonly key: string;
}

export class AnswerAlarm {
  readonly #scopes: RunScopes;
  #running: { readonly key: string; readonly scope: CancellationScope } | null = null;

  constructor(scopes: RunScopes) {
    this.#scopes = scopes;
  }

  /** Ends the timer that nobody waits for any more. Says whether it did: the command for it comes in a later turn. */
  end(waiting: Waiting): boolean {
    if (this.#running === null || this.#running.key === dueIn(waiting)?.key) return false;
    this.#running.scope.cancel();
    this.#running = null;
    return true;
  }

  /** Starts the timer that is due, once. Whoever ends it hears of no end of its time. */
  start(waiting: Waiting, over: (due: Pick<DueAlarm, 'interruptId' | 'stage'>) => void): void {
    const due = dueIn(waiting);
    if (due === null || due.key === this.#running?.key) return;
    const { key, interruptId, stage, afterMs } = due;
    const scope = this.#scopes.apart();
    this.#running = { key, scope };
    scope
      .run(() => sleep(afterMs, { summary: 'the time for an answer' }))
      .then(
        () => {
          over({ interruptId, stage });
        },
        () => undefined,
      );
  }
}

function dueIn(waiting: Waiting): DueAlarm | null {
  const alarm = waiting.for === 'answer' && waiting.ballot !== undefined ? alarmOf(waiting.ballot) : null;
  if (alarm === null || waiting.for !== 'answer') return null;
  const { interruptId } = waiting;
  return { ...alarm, interruptId, key: `${interruptId}/${alarm.stage}` };
}
