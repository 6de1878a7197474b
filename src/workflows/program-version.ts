/**
 * Which version of a program an execution runs: the newest for a new run, and the one it began with for a run that is under way.
 *
 * It is Temporal's own way to change code under running runs: a patch marker in the run's first workflow task names the version,
 * and a replay of a history without that marker falls back to an earlier one. Version 1 leaves no marker, so that runs from before
 * the program had versions are of version 1.
 */
import { patched } from '@temporalio/workflow';
import { KernelError, type Program } from '../kernel';
import { versionMark, type Carried } from '../protocol';

/**
 * The versions of one program, the newest first.
 *
 * @throws KernelError `InvalidProgram` when they are not versions of one program, or two have one number
 */
export function versionsOf(programs: readonly Program[]): readonly Program[] {
  const [first] = programs;
  if (first === undefined) throw new KernelError('InvalidProgram', 'a workflow needs a program');
  const stranger = programs.find(({ name }) => name !== first.name);
  if (stranger !== undefined) {
    throw new KernelError('InvalidProgram', `${first.name} and ${stranger.name} are no versions of one program`);
  }
  if (new Set(programs.map(({ version }) => version)).size < programs.length) {
    throw new KernelError('InvalidProgram', `two versions of ${first.name} have one number`);
  }
  return [...programs].sort((one, other) => other.version - one.version);
}

/**
 * The version that this execution runs. Call it once, before anything else.
 *
 * @throws Error when the run's version is not among them: the workflow task fails, and goes on with a worker that has it
 */
export function chooseVersion(versions: readonly Program[], carried: Carried | undefined): Program {
  const chosen = versions.find(({ name, version }) =>
    carried === undefined ? version === 1 || patched(versionMark(name, version)) : version === carried.version,
  );
  if (chosen !== undefined) return chosen;
  const { name } = versions[0] as Program;
  const known = versions.map(({ version }) => version).join(', ');
  const wanted = carried === undefined ? 'an earlier version' : `version ${carried.version}`;
  throw new Error(
    `the run was made with ${wanted} of ${name} than this worker has (${known}): give programWorkflow that too`,
  );
}
