/**
 * The reference kernel's own bench program, where it can be had: a folder with its source, and cargo.
 *
 * Guarantees: nothing is written into that folder, not even cargo's lock file: it is copied into this project's cache and built there,
 * once. Where it can't be had, the answer is a reason in one line, and no error.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cacheDirectory } from '../server/cache';
import { BadCommand } from './bench';
import { versionOf } from './environment';

/** A clean build compiles some eighty crates. */
const BUILD_TIMEOUT_MS = 15 * 60_000;

/** The bench program, or why there is none. */
export type ReferenceBuild = { readonly program: string } | { readonly missing: string };

/** Where the source stands when nobody says otherwise: beside the clone. */
const BESIDE = resolve(__dirname, '../../../shared/reference');

/**
 * Builds the reference's bench program.
 *
 * @param directory where its source is; null to look beside the clone
 * @throws BadCommand when a folder was named that has no such source
 */
export function buildReference(directory: string | null, env: NodeJS.ProcessEnv): ReferenceBuild {
  const source = directory ?? BESIDE;
  if (!existsSync(join(source, 'Cargo.toml')) || !existsSync(join(source, 'src/bin/bench.rs'))) {
    if (directory !== null)
      throw new BadCommand(`--reference ${directory}: no Cargo.toml with a src/bin/bench.rs there`);
    return { missing: 'its bench program is not there (--reference DIR names its folder)' };
  }
  if (versionOf('cargo') === null) return { missing: 'cargo is not on the PATH' };
  const home = join(cacheDirectory(env), 'bench');
  const copy = join(home, 'reference');
  const target = join(home, 'target');
  const program = join(target, 'release', process.platform === 'win32' ? 'bench.exe' : 'bench');
  mkdirSync(copy, { recursive: true });
  rmSync(join(copy, 'src'), { recursive: true, force: true });
  // With its times, so that cargo sees what has changed.
  cpSync(join(source, 'Cargo.toml'), join(copy, 'Cargo.toml'), { preserveTimestamps: true });
  cpSync(join(source, 'src'), join(copy, 'src'), { recursive: true, preserveTimestamps: true });
  if (!existsSync(program)) process.stderr.write('Building the reference (once, about a minute) ...\n');
  const { status, stderr, error } = spawnSync('cargo', ['build', '--release', '--quiet', '--bin', 'bench'], {
    cwd: copy,
    env: { ...env, CARGO_TARGET_DIR: target },
    encoding: 'utf8',
    timeout: BUILD_TIMEOUT_MS,
  });
  if (status === 0 && existsSync(program)) return { program };
  const said = error?.message ?? stderr.split('\n').find((line) => line.startsWith('error')) ?? `exit code ${status}`;
  return { missing: `cargo could not build it: ${said.slice(0, 200)}` };
}
