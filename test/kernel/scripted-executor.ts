/** An executor that answers from a script, and remembers what it was asked to do. */
import type { ActionExecutor } from '../../src/kernel/action-executor';
import type { Action, ActionResult } from '../../src/kernel/action';
import type { ActionId, RunId } from '../../src/kernel/identity';
import type { Json } from '../../src/kernel/json';

/** One answer: a result, or what the attempt throws. */
export type Answer = ActionResult | { readonly type: 'throws'; readonly error: unknown };

/** One call. */
export interface Call {
  readonly runId: RunId;
  readonly action: Action;
  readonly actionId: ActionId;
}

/** Answers the n-th call with the n-th answer; throws when there is none. */
export class ScriptedExecutor implements ActionExecutor {
  readonly calls: Call[] = [];
  readonly #answers: readonly Answer[];

  constructor(answers: readonly Answer[] = []) {
    this.#answers = answers;
  }

  execute(runId: RunId, action: Action, actionId: ActionId): Promise<ActionResult> {
    const answer = this.#answers[this.calls.length] ?? throws(new Error('missing scripted response'));
    this.calls.push({ runId, action, actionId });
    // What an executor throws is anything at all.
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    return answer.type === 'throws' ? Promise.reject(answer.error) : Promise.resolve(answer);
  }
}

/** The attempt succeeds. */
export function succeeds(output: Json): Answer {
  return { type: 'success', output };
}

/** The attempt fails for good. */
export function fails(error: string): Answer {
  return { type: 'failure', error };
}

/** The attempt throws. */
export function throws(error: unknown): Answer {
  return { type: 'throws', error };
}
