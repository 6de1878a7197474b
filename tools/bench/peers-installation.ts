/**
 * The packages of the peers: a `package.json` and a lock file of their own, in the folder `peers`, installed when somebody measures them and not with the project.
 *
 * Guarantees: no script of any of these packages runs; nothing is installed twice.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { runCommand } from '../server/command';

const FOLDER = join(__dirname, 'peers');
const INSTALL_MS_MAX = 15 * 60_000;

/** npm writes this one last, when an install is complete. */
const INSTALLED_FILE = join(FOLDER, 'node_modules', '.package-lock.json');

/** @throws Error that says what npm said */
export async function ensurePeersInstalled(): Promise<void> {
  if (isInstalled()) return;
  process.stderr.write(
    'Installing what is measured beside the kernel: npm ci in tools/bench/peers (once, some 300 MB) ...\n',
  );
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { ok, failure, output } = await runCommand(npm, ['ci'], {
    env: process.env,
    timeoutMs: INSTALL_MS_MAX,
    cwd: FOLDER,
  });
  if (!ok) throw new Error(`npm ci in tools/bench/peers: ${failure}\n${output.trim()}`);
}

function isInstalled(): boolean {
  if (!existsSync(INSTALLED_FILE)) return false;
  return statSync(INSTALLED_FILE).mtimeMs >= statSync(join(FOLDER, 'package-lock.json')).mtimeMs;
}

/** A package with its version, as a report names it. */
export function versionOfPackage(name: string): string {
  const { version } = JSON.parse(readFileSync(join(FOLDER, 'node_modules', name, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  return `${name} ${version}`;
}

/** A file of an installed package. */
export function fileOfPackage(path: string): string {
  return createRequire(join(FOLDER, 'package.json')).resolve(path);
}
