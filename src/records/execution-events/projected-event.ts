/** What projected events are made of, whatever they are of. */
import { canonicalJson, type Json } from '../../kernel';
import type { ExecutionEventData, StepType } from './execution-event';

/** A step, which no other one is around. */
export function stepStarted(stepId: string, stepType: StepType, name: string): ExecutionEventData {
  return { type: 'StepStarted', stepId, parentStepId: null, stepType, name };
}

/** A fact that the specification has no event for. */
export function remark(eventType: string, data: Json): ExecutionEventData {
  return { type: 'Custom', eventType, data };
}

/** A text as it is, anything else as canonical JSON: where the specification has room for a text only. */
export function plainText(value: Json): string {
  return typeof value === 'string' ? value : canonicalJson(value);
}

/** Milliseconds from one moment to another; 0 where the second was first, as that of an early signal is. */
export function durationMs(fromMs: number, toMs: number): number {
  return Math.max(0, toMs - fromMs);
}
