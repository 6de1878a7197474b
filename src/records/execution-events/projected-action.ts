/** Actions as execution events, and the request that a result belongs to. */
import {
  actionIdOf,
  ARTIFACT_TAG,
  artifactsIn,
  decodeAction,
  eventActionIdOf,
  KernelError,
  ownIdOf,
  type Action,
  type ActionId,
  type Json,
  type RunRecord,
  type StoredLog,
} from '../../kernel';
import type { ExecutionEventData } from './execution-event';
import { plainText, remark, stepStarted } from './projected-event';

/** Most artifacts of one entry: its events must go into one batch. Where there are more, a remark says so. */
const ARTIFACTS_PER_ENTRY_MAX = 9_000;

/** The action that an entry requests, or that it is the result of. */
export function actionOf({ event, threadId, eventIndex: seq }: StoredLog, before: StoredLog | null): Action {
  const request = event.type === 'ActionRequested' ? event : before?.event;
  if (request?.type === 'ActionRequested' && request.actionId === eventActionIdOf(event)) {
    return decodeAction(request.payload);
  }
  const place = `the log of run ${JSON.stringify(threadId)} at seq ${seq}`;
  throw new KernelError('LogCorrupt', `${place} has a result that does not follow its request`, { seq });
}

/** The step that an entry belongs to; null where it belongs to none. */
export function stepOf(run: RunRecord, entry: StoredLog, before: StoredLog | null): string | null {
  const { event, eventIndex } = entry;
  if (event.type === 'StateUpdated') return actionIdOf(ownIdOf(run), eventIndex);
  const actionId = eventActionIdOf(event);
  return actionId === null || actionOf(entry, before).type === 'WaitSignal' ? null : actionId;
}

/** The events of an action's request. */
export function eventsOfRequest(actionId: ActionId, action: Action): readonly ExecutionEventData[] {
  switch (action.type) {
    case 'CallTool': {
      const { tool: toolName, input } = action;
      return [
        stepStarted(actionId, 'ToolNode', toolName),
        { type: 'ToolCallStarted', stepId: actionId, toolCallId: actionId, toolName, input },
      ];
    }
    case 'CallLLM': {
      const { provider, input } = action;
      return [
        stepStarted(actionId, 'LlmNode', provider),
        remark('llm_call_started', { step_id: actionId, provider, input }),
      ];
    }
    case 'Sleep':
      return [stepStarted(actionId, 'FunctionNode', `sleep ${action.millis} ms`)];
    case 'WaitSignal':
      return [{ type: 'ExecutionPaused', reason: `waits for the signal ${JSON.stringify(action.name)}` }];
  }
}

/** The events of an action's success, which came so many milliseconds after its request. */
export function eventsOfSuccess(
  actionId: ActionId,
  action: Action,
  output: Json,
  lastedMs: number,
): readonly ExecutionEventData[] {
  switch (action.type) {
    case 'CallTool':
      return [
        { type: 'ToolCallCompleted', stepId: actionId, toolCallId: actionId, output },
        ...artifactsOf(actionId, output),
        { type: 'StepCompleted', stepId: actionId, output: null, durationMs: lastedMs },
      ];
    case 'CallLLM':
      return [
        ...artifactsOf(actionId, output),
        { type: 'StepCompleted', stepId: actionId, output: plainText(output), durationMs: lastedMs },
      ];
    case 'Sleep':
      return [{ type: 'StepCompleted', stepId: actionId, output: null, durationMs: lastedMs }];
    case 'WaitSignal':
      return [
        { type: 'ExecutionResumed' },
        remark('signal_received', { action_id: actionId, name: action.name, value: output }),
      ];
  }
}

/** What an action's output says is stored. (A signal's value is no action's work: who sent it may have stored what it refers to.) */
function artifactsOf(actionId: ActionId, output: Json): readonly ExecutionEventData[] {
  const found = artifactsIn(output);
  const stored = found.slice(0, ARTIFACTS_PER_ENTRY_MAX).map(({ [ARTIFACT_TAG]: { address, bytes } }) => ({
    type: 'ArtifactStored' as const,
    artifactId: address,
    stepId: actionId,
    contentHash: address,
    sizeBytes: bytes,
  }));
  if (stored.length === found.length) return stored;
  return [...stored, remark('artifacts_left_out', { step_id: actionId, listed: stored.length })];
}
