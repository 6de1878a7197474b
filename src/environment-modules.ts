/**
 * The modules that a process's environment names: CommonJS or ES modules, and TypeScript where the process can read it.
 *
 * Guarantees: an error names the variable, what is wrong with the module and what to do.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { WorkerEnvironmentError } from './environment-variables';
import { messageOf, type DefinedProgram } from './kernel';

/**
 * Loads the programs that a module exports.
 *
 * @throws WorkerEnvironmentError
 */
export async function loadPrograms(path: string): Promise<readonly DefinedProgram[]> {
  let exported: unknown;
  try {
    exported = await load(path);
  } catch (error) {
    throw new WorkerEnvironmentError(
      'TEMPORAL_KERNEL_PROGRAMS',
      `names ${path}, which can't be loaded: ${messageOf(error)}`,
      'mend that module, or name another one.',
      { cause: error },
    );
  }
  const programs = programsIn(exported);
  if (programs.length > 0) return programs;
  throw new WorkerEnvironmentError(
    'TEMPORAL_KERNEL_PROGRAMS',
    `names ${path}, which exports no program`,
    'export what defineProgram returns from that module, or name another one.',
  );
}

/**
 * Loads the data converter that a module exports.
 *
 * @throws WorkerEnvironmentError
 */
export async function loadConverter(path: string): Promise<DataConverter> {
  const variable = 'TEMPORAL_KERNEL_DATA_CONVERTER';
  let exported: unknown;
  try {
    exported = await load(path);
  } catch (error) {
    const wrong = `names ${path}, which can't be loaded: ${messageOf(error)}`;
    throw new WorkerEnvironmentError(variable, wrong, 'mend that module, or name another one.', { cause: error });
  }
  const members: Readonly<Record<string, unknown>> = isObject(exported) ? exported : {};
  const converter =
    members['dataConverter'] ?? (isObject(members['default']) ? members['default']['dataConverter'] : undefined);
  if (isObject(converter)) return converter;
  throw new WorkerEnvironmentError(
    variable,
    `names ${path}, which exports no \`dataConverter\``,
    'export the object that you give to clients and workers as `dataConverter` from that module under that name.',
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

async function load(path: string): Promise<unknown> {
  try {
    return createRequire(path)(path);
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'ERR_REQUIRE_ESM' && code !== 'ERR_REQUIRE_ASYNC_MODULE') throw error;
    return await import(pathToFileURL(path).href);
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

function programsIn(exported: unknown): readonly DefinedProgram[] {
  if (typeof exported !== 'object' || exported === null) return [];
  // A module's default export is often the whole module, or a program once more.
  const values: readonly unknown[] = Object.values(exported);
  return [...new Set(values.filter(isDefinedProgram))];
}

function isDefinedProgram(value: unknown): value is DefinedProgram {
  if (typeof value !== 'object' || value === null) return false;
  const { name, step, reduce, checkAction, policy, tools, providers } = value as Record<keyof DefinedProgram, unknown>;
  return (
    typeof name === 'string' &&
    [step, reduce, checkAction].every((part) => typeof part === 'function') &&
    [policy, tools, providers].every((part) => typeof part === 'object' && part !== null)
  );
}
