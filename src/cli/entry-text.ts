/** An entry of a log in a few words. */
import { decodeAction, summaryOf, type Action, type DefinedProgram, type Event } from '../kernel';
import { interruptText, saidText, valueText } from './resumption-text';

/** What an event says, without its kind. */
export function eventText(event: Event, program: DefinedProgram | null): string {
  switch (event.type) {
    case 'ActionRequested':
      return actionText(decodeAction(event.payload), program);
    case 'ActionSucceeded':
      return valueText(event.output);
    case 'ActionFailed':
      return event.error;
    case 'StateUpdated':
      return `${event.stepId ?? ''} ${valueText(event.payload)}`.trim();
    case 'Interrupted':
      return interruptText(event.value);
    case 'Resumed':
      return saidText(event.value);
    case 'Completed':
      return '';
  }
}

/** What an action does: in its tool's own words, where the program is known; by name and input otherwise. */
export function actionText(action: Action, program: DefinedProgram | null): string {
  const input = action.type === 'CallTool' || action.type === 'CallLLM' ? action.input : null;
  const name = action.type === 'CallTool' ? action.tool : action.type === 'CallLLM' ? action.provider : null;
  const summary = program === null ? name : summaryOf(program, action);
  if (summary === null)
    return action.type === 'Sleep'
      ? `sleep ${action.millis} ms`
      : `wait for signal ${'name' in action ? action.name : ''}`;
  return summary === name ? `${name} ${valueText(input)}` : summary;
}
