/**
 * Short tools: calls that take so little that an activity for each costs more than the call. Shells may do several of them in one go; the
 * log is the same.
 */
import { KernelError } from './error';
import { SHORT_TIMEOUT_MS_MAX, type AnyTool } from './tool';
import type { DefinedProgram, Program } from './program';
import type { PendingAction, Waiting } from './waiting';

/** What a stretch of short calls is called where tools are called by their names: no tool may have it. */
export const BURST = 'burst';

/** The most that a short tool may give, in bytes of JSON, wherever it runs: more would not fit behind the results of others. */
export const SHORT_OUTPUT_BYTES_MAX = 1_000_000;

/**
 * Checks that what is called short can be.
 *
 * @throws KernelError `InvalidProgram`, saying what to change
 */
export function assertShortTools(
  program: string,
  tools: Readonly<Record<string, AnyTool>>,
  providers: Readonly<Record<string, AnyTool>>,
): void {
  const refuse = (name: string, reason: string): never => {
    throw new KernelError('InvalidProgram', `${name} of ${program} can't be short: ${reason}`);
  };
  for (const name of [...Object.keys(tools), ...Object.keys(providers)]) {
    if (name === BURST)
      throw new KernelError('InvalidProgram', `${program} has a tool named ${BURST}: that name is taken`);
  }
  for (const [name, { short }] of Object.entries(providers)) {
    if (short !== undefined) refuse(name, 'it is a model');
  }
  for (const [name, tool] of Object.entries(tools)) {
    const { short, run, timeoutMs } = tool;
    if (short === undefined) continue;
    // Whoever writes JavaScript may write anything.
    if (![true, 'repeatable'].includes(short)) refuse(name, 'short is true, or "repeatable"');
    if (run === undefined) refuse(name, 'it has no `run`');
    if (tool.taskQueue !== undefined) refuse(name, 'it has a task queue of its own');
    if (tool.totalTimeoutMs !== undefined) refuse(name, 'its attempts have a time limit together');
    if (tool.heartbeatTimeoutMs !== undefined) refuse(name, 'it sends heartbeats');
    if (timeoutMs !== undefined && timeoutMs > SHORT_TIMEOUT_MS_MAX) {
      refuse(name, `one attempt may take ${timeoutMs} ms, and ${SHORT_TIMEOUT_MS_MAX} ms are the most`);
    }
  }
}

/** A call of a short tool. */
export interface ShortCall extends PendingAction {
  readonly action: Extract<PendingAction['action'], { readonly type: 'CallTool' }>;
  readonly tool: AnyTool;
}

/** The call of a short tool that a run waits for, and for nothing else; null when it waits for something else. */
export function shortCallOf(program: Program, waiting: Waiting): ShortCall | null {
  if (waiting.for !== 'action' || waiting.denied !== undefined || waiting.action.type !== 'CallTool') return null;
  const { actionId, action } = waiting;
  const tools = toolsOf(program);
  const tool = Object.hasOwn(tools, action.tool) ? tools[action.tool] : undefined;
  return tool?.short === undefined ? null : { actionId, action, tool };
}

/** Whether a program has short tools. */
export function hasShortTools(program: Program): boolean {
  return Object.values(toolsOf(program)).some(({ short }) => short !== undefined);
}

function toolsOf(program: Program): Readonly<Record<string, AnyTool>> {
  return 'tools' in program ? (program as DefinedProgram).tools : {};
}
