/** When a tool loop stops though its model would go on. */
import type { Progress } from './tool-loop-state';

/** Says whether a loop stops before its next model call. Pure. */
export type StopWhen = (progress: Progress) => boolean;

/** Answers to one message of a person, unless a program says otherwise. */
export const STEPS_MAX_DEFAULT = 50;

/** Stops after so many answers to one message of a person. */
export function stepCountIs(steps: number): StopWhen {
  return (progress) => progress.steps >= steps;
}

/** Stops when a tool of that name was called, and its result is there. */
export function hasToolCall(name: string): StopWhen {
  return ({ called }) => called.includes(name);
}

/** Stops when one of them says so. */
export function anyOf(...rules: readonly StopWhen[]): StopWhen {
  return (progress) => rules.some((rule) => rule(progress));
}
