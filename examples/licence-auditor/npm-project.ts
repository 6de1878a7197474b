/** What npm leaves on disk: the packages of a lock file, and what an installed package says about its licence. Host code. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { permanent } from '../../src/kernel';

/** What stands in for a licence where a package declares none. */
export const NOT_INSTALLED = 'unknown (not installed)';
export const UNREADABLE = 'unknown (unreadable package.json)';
export const LICENCE_FILE_ONLY = 'unknown (only a LICENSE file)';
export const NONE_GIVEN = 'unknown (none given)';

const TEXT_LENGTH_MAX = 200;

const LockFile = z.object({
  packages: z.record(
    z.string(),
    z.object({ name: z.string().optional(), version: z.string().optional(), link: z.boolean().optional() }),
  ),
});

/** A dependency: its name and version, and its directory in the project. */
export interface Package {
  readonly id: string;
  readonly path: string;
}

/** The dependencies in a project's lock file; the project's own workspaces are none. */
export async function packagesIn(project: string): Promise<Package[]> {
  const path = join(project, 'package-lock.json');
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw isMissing(error) ? permanent(`there is no ${path}: run \`npm install\` in the project first`) : error;
  });
  const lock = LockFile.safeParse(jsonOf(text));
  if (!lock.success) throw permanent(`${path} is not a lock file of npm 7 or later`);
  return Object.entries(lock.data.packages)
    .filter(([place, { link }]) => place.includes('node_modules/') && link !== true)
    .map(([place, { name, version }]) => ({ id: plain(`${name ?? nameAt(place)}@${version ?? '?'}`), path: place }));
}

/** The licence that the package in a directory declares, or a text that says why there is none. */
export async function licenceOf(directory: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(join(directory, 'package.json'), 'utf8');
  } catch (error) {
    if (isMissing(error)) return NOT_INSTALLED;
    throw error;
  }
  const declared = jsonOf(text);
  if (typeof declared !== 'object' || declared === null) return UNREADABLE;
  const { license, licenses } = declared as { readonly license?: unknown; readonly licenses?: unknown };
  const licence = plain(licenceIn(license) || licenceIn(licenses));
  if (licence !== '') return licence;
  const files = await readdir(directory);
  return files.some((file) => /^(licen[cs]e|copying)/i.test(file)) ? LICENCE_FILE_ONLY : NONE_GIVEN;
}

/** A text, an old-style `{ type, url }`, or a list of them, any of which may be chosen. */
function licenceIn(declared: unknown): string {
  if (typeof declared === 'string') return declared;
  if (Array.isArray(declared)) return declared.map(licenceIn).filter(Boolean).join(' OR ');
  if (typeof declared === 'object' && declared !== null && 'type' in declared) return licenceIn(declared.type);
  return '';
}

/** One short line without control characters: it comes from strangers, and goes into a log, a report and a terminal. */
function plain(text: string): string {
  return text
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, TEXT_LENGTH_MAX)
    .toWellFormed();
}

function nameAt(place: string): string {
  return place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isMissing(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('code' in error)) return false;
  return error.code === 'ENOENT' || error.code === 'ENOTDIR';
}
