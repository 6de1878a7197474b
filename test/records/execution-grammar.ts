/**
 * Which events may follow which: the states of an execution, by the reference's own reducer. The reference has no way from its events
 * to its reducer's actions; the names say which belong together.
 */
import type { ExecutionEventData } from '../../src/records';
import { readGolden } from './golden/read-golden';

const ACTION_OF: Readonly<Partial<Record<ExecutionEventData['type'], string>>> = {
  ExecutionStarted: 'Start',
  StepStarted: 'StepStarted',
  ExecutionPaused: 'Pause',
  ExecutionResumed: 'Resume',
  ExecutionCompleted: 'Complete',
  ExecutionFailed: 'Fail',
  ExecutionCancelled: 'Cancel',
};

interface Transition {
  readonly state: string;
  readonly action: string;
  readonly result: { readonly Ok?: string; readonly Err?: string };
}

const { table } = readGolden('reducer_transitions.json') as { readonly table: readonly Transition[] };

/**
 * Takes events through the reference's states; throws where it would refuse one. Its table has no step that is known, so
 * that a result follows its step's start is seen to here.
 *
 * @returns the state that they lead to
 */
export function stateAfter(events: readonly ExecutionEventData[]): string {
  let state = 'Created';
  const open = new Set<string>();
  const known = new Set<string>();
  for (const [index, event] of events.entries()) {
    const place = `event ${index + 1} (${event.type})`;
    const action = ACTION_OF[event.type];
    if (action !== undefined) {
      const transition = table.find((row) => row.state === state && row.action === action);
      if (transition?.result.Ok === undefined)
        throw new Error(`${place}: ${transition?.result.Err ?? 'not in the table'}`);
      state = transition.result.Ok;
    }
    if (event.type === 'StepStarted') {
      if (known.has(event.stepId)) throw new Error(`${place}: step ${event.stepId} starts twice`);
      open.add(event.stepId);
      known.add(event.stepId);
    } else if (event.type === 'StepCompleted' || event.type === 'StepFailed') {
      if (!open.delete(event.stepId)) throw new Error(`${place}: step ${event.stepId} is not under way`);
    } else if ('stepId' in event && event.stepId !== null && !known.has(event.stepId)) {
      throw new Error(`${place}: step ${event.stepId} is unknown`);
    }
  }
  return state;
}
