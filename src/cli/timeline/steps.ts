/** A log as the things that a run did and waited for: an action with its result, a question with its answer, a run that it started. */
import {
  decodeAction,
  resumptionIn,
  type ActionId,
  type DefinedProgram,
  type Json,
  type StoredLog,
} from '../../kernel';
import { timeText } from '../duration';
import { actionText, eventText } from '../entry-text';
import type { TimelineStep } from '../output/timeline';
import { interruptText, saidText, valueText } from '../resumption-text';

type Step = { -readonly [Key in keyof TimelineStep]: TimelineStep[Key] };

/** Collects entries, in order. */
export class TimelineSteps {
  readonly #program: DefinedProgram | null;
  readonly #attempts: ReadonlyMap<ActionId, number> | null;
  readonly #steps: Step[] = [];
  readonly #actions = new Map<ActionId, Step>();
  #question: Step | null = null;

  constructor(program: DefinedProgram | null, attempts: ReadonlyMap<ActionId, number> | null) {
    this.#program = program;
    this.#attempts = attempts;
  }

  get steps(): readonly TimelineStep[] {
    return this.#steps;
  }

  add(entry: StoredLog): void {
    const { event } = entry;
    switch (event.type) {
      case 'ActionRequested':
        this.#actions.set(event.actionId, this.#begin(entry, this.#actionStep(event.actionId, event.payload)));
        return;
      case 'ActionSucceeded':
        this.#endAction(event.actionId, entry, 'ok', valueText(event.output));
        return;
      case 'ActionFailed':
        this.#endAction(event.actionId, entry, 'failed', event.error);
        return;
      case 'Interrupted':
        this.#question = this.#begin(entry, {
          kind: resumptionIn(event.value)?.type === 'pause' ? 'pause' : 'question',
          what: interruptText(event.value),
        });
        return;
      case 'Resumed':
        this.#resumed(entry, event.value);
        return;
      case 'StateUpdated':
        this.#at(entry, 'update');
        return;
      case 'Completed':
        this.#at(entry, 'end');
    }
  }

  #resumed(entry: StoredLog, value: Json): void {
    const said = resumptionIn(value)?.type;
    const question = this.#question;
    // What was asked is asked still.
    if (said === 'vote' || said === 'escalated') this.#at(entry, 'vote');
    else if (said === 'steer') this.#at(entry, 'message');
    else if (question === null) this.#at(entry, 'answer');
    else {
      this.#question = null;
      end(question, entry, 'ok', saidText(value));
    }
  }

  #actionStep(
    actionId: ActionId,
    payload: Parameters<typeof decodeAction>[0],
  ): Partial<Step> & Pick<Step, 'kind' | 'what'> {
    const action = decodeAction(payload);
    const what = actionText(action, this.#program);
    switch (action.type) {
      case 'Sleep':
        return { kind: 'sleep', what };
      case 'WaitSignal':
        return { kind: 'signal', what };
      case 'CallLLM':
        return { kind: 'model', what, attempts: this.#attempts?.get(actionId) ?? null };
      case 'CallTool': {
        const tools = this.#program?.tools ?? {};
        const isChild = Object.hasOwn(tools, action.tool) && tools[action.tool]?.program !== undefined;
        if (isChild) return { kind: 'child', what: action.tool, childRunId: actionId };
        return { kind: 'tool', what, attempts: this.#attempts?.get(actionId) ?? null };
      }
    }
  }

  /** What lasts. */
  #begin(entry: StoredLog, { kind, what, ...also }: Partial<Step> & Pick<Step, 'kind' | 'what'>): Step {
    const step: Step = {
      kind,
      from: entry.eventIndex,
      to: null,
      what,
      outcome: 'open',
      result: null,
      startedAt: timeText(entry.origin.timeMs),
      endedAt: null,
      attempts: null,
      childRunId: null,
      child: null,
      ...also,
    };
    this.#steps.push(step);
    return step;
  }

  /** What is one entry. */
  #at(entry: StoredLog, kind: Step['kind']): void {
    const what = kind === 'end' ? 'completed' : eventText(entry.event, this.#program);
    const step = this.#begin(entry, { kind, what });
    end(step, entry, 'ok', null);
    step.to = null;
  }

  #endAction(actionId: ActionId, entry: StoredLog, outcome: Step['outcome'], result: string): void {
    const step = this.#actions.get(actionId);
    if (step !== undefined) end(step, entry, outcome, result);
    this.#actions.delete(actionId);
  }
}

function end(step: Step, { eventIndex, origin }: StoredLog, outcome: Step['outcome'], result: string | null): void {
  step.to = eventIndex;
  step.outcome = outcome;
  step.result = result;
  step.endedAt = timeText(origin.timeMs);
}
