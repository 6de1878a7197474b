/**
 * Child runs: a tool that is another program. Calling it starts a run of its own, with its own log; the call's output says where that
 * run came to, and its hash, so that the parent's log vouches for the child's.
 */
import type { Hash } from './hash';
import type { RunId, Seq } from './identity';
import { isPlainObject, type Json } from './json';
import type { DefinedProgram } from './program';
import type { Schema } from './schema';
import type { Tool } from './tool';

/** The output of a call that started a run: how that run ended. */
export interface ChildOutcome<S = Json> {
  /** The child's run id: the id of the action that started it. */
  readonly runId: RunId;
  readonly head: Seq;
  readonly hash: Hash;
  readonly state: S;
}

/**
 * Makes a tool of a program. What the tool is called with is the child's initial state. On Temporal the child is a child workflow
 * with the action's id; its worker must have the program, as any worker of it must.
 */
export function childRun<S, In>(
  program: DefinedProgram<S, In>,
  options: {
    readonly description?: string;
    readonly summary?: (input: In) => string;
    /** Task queue of the workers that have the program. Default: the run's own. */
    readonly taskQueue?: string;
    /** Longest time of the child run, in milliseconds. Default: none. */
    readonly totalTimeoutMs?: number;
  } = {},
): Tool<In, ChildOutcome<S>> {
  return {
    description: program.description ?? `Runs ${program.name}.`,
    ...options,
    input: initialStateOf(program) as Schema<In>,
    output: OUTCOME as Schema<ChildOutcome<S>>,
    program: program,
  };
}

/** What a program can start from, as a schema. A value goes to the child as it is given: the child fills in defaults itself. */
function initialStateOf(program: DefinedProgram): Schema {
  return {
    safeParse: (value) => {
      try {
        program.initialState(value);
        return { success: true, data: value };
      } catch (error) {
        return failed(error instanceof Error ? error.message : String(error));
      }
    },
  };
}

const OUTCOME: Schema = {
  safeParse: (value) => {
    const isOutcome =
      isPlainObject(value) &&
      ['runId', 'hash'].every((key) => typeof memberOf(value, key) === 'string') &&
      Number.isSafeInteger(memberOf(value, 'head')) &&
      Object.hasOwn(value, 'state');
    return isOutcome ? { success: true, data: value } : failed('no outcome of a run: { runId, head, hash, state }');
  },
};

function memberOf(value: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function failed(message: string): ReturnType<Schema['safeParse']> {
  return { success: false, error: { issues: [{ path: [], message }] } };
}
