/**
 * Where run records are kept: `{folder}/{id}.json`.
 *
 * Guarantees: no id leads out of the folder, and no two ids to one file. A plain id stands as it is; in others, what could mean something
 * to a file system is written as `%` and two hex digits for each byte.
 */
import { join, resolve } from 'node:path';
import { KernelError, sha256Hex, type RunId } from '../kernel';

/** The folder that is meant where none is named, inside the working directory. */
export const RUNS_FOLDER = '.temporal-kernel/runs';

/** The variable that names another. */
export const RUNS_FOLDER_VARIABLE = 'TEMPORAL_KERNEL_RUN_DIR';

const EXTENSION = '.json';

/** The longest file name, before its extension; file systems take 255 bytes, and a temporary file's name needs room. */
const NAME_CHARACTERS_MAX = 180;

/** Names that Windows keeps for devices, whatever their extension. */
const DEVICE_NAME = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/** The folder of run records. */
export function defaultRunsFolder(env: NodeJS.ProcessEnv = process.env): string {
  const named = env[RUNS_FOLDER_VARIABLE];
  return resolve(named === undefined || named === '' ? RUNS_FOLDER : named);
}

/**
 * The file of a run's record.
 *
 * @throws KernelError `InvalidRunId` for an id that is none
 */
export function runRecordPath(runId: RunId, folder: string = defaultRunsFolder()): string {
  return join(folder, `${fileNameOf(runId)}${EXTENSION}`);
}

/** Whether a file in the folder is a run record's, by its name. */
export function isRunRecordFile(name: string): boolean {
  return name.endsWith(EXTENSION) && !name.startsWith('.');
}

function fileNameOf(runId: RunId): string {
  if (typeof runId !== 'string' || runId === '' || !runId.isWellFormed()) {
    throw new KernelError('InvalidRunId', 'a run record is kept under an id: a text that is not empty');
  }
  const encoded = Array.from(runId, (character) => (/[A-Za-z0-9._~-]/.test(character) ? character : percent(character)))
    .join('')
    // A name that begins with a dot is hidden or leads elsewhere, one that ends with a dot loses it on Windows.
    .replace(/^\.|\.$/, '%2E');
  const name = DEVICE_NAME.test(encoded) ? percent(encoded.slice(0, 1)) + encoded.slice(1) : encoded;
  // No encoded name has a plus sign, so no short name is a shortened one.
  return name.length <= NAME_CHARACTERS_MAX ? name : `${name.slice(0, 100)}+${sha256Hex(runId)}`;
}

function percent(character: string): string {
  return Array.from(
    Buffer.from(character, 'utf8'),
    (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('');
}
