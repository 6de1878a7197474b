/**
 * Installs the dependencies when they are missing or older than the lock file, so that one command is enough on a
 * fresh machine.
 *
 * Guarantees: Node's version is checked first; at most one install per call, and none when nothing has changed; two
 * calls at once do not install into each other; when an install fails, this process ends with its exit code.
 * Must not: need anything but Node itself.
 */
import { createHash } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { projectDirectory, run } from './run.mjs';

const NODE_VERSION_MIN = [20, 3];
const LOCK_FILE = join(projectDirectory, 'package-lock.json');
/** npm writes this one last, when an install is complete. */
const INSTALLED_FILE = join(projectDirectory, 'node_modules', '.package-lock.json');
const WAIT_PAUSE_MS = 500;
const HEARTBEAT_MS = 20_000;
/** Longer than any install; a process id that looks alive by then belongs to somebody else. */
const LOCK_AGE_MAX_MS = 30 * 60 * 1000;

export async function ensureInstalled() {
  checkNodeVersion();
  if (isInstalled()) return;
  const unlock = await lock();
  try {
    // Whoever held the lock before us may have done the work.
    if (!isInstalled()) await install();
  } finally {
    unlock();
  }
}

function checkNodeVersion() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [majorMin, minorMin] = NODE_VERSION_MIN;
  if (major > majorMin || (major === majorMin && minor >= minorMin)) return;
  fail(`Node ${majorMin}.${minorMin} or newer is needed; this is Node ${process.versions.node}.`, 1);
}

function isInstalled() {
  if (!existsSync(INSTALLED_FILE)) return false;
  return !existsSync(LOCK_FILE) || statSync(INSTALLED_FILE).mtimeMs >= statSync(LOCK_FILE).mtimeMs;
}

async function install() {
  const command = existsSync(LOCK_FILE) ? 'ci' : 'install';
  process.stderr.write(`Installing the dependencies: npm ${command} (once) ...\n`);
  // The tools of the demo and the tests are development dependencies; NODE_ENV=production would leave them out.
  const { program, args } = npm([command, '--include=dev']);
  // At a terminal npm draws its own progress; in a log it is silent until the end.
  const startedMs = Date.now();
  const heartbeat = setInterval(() => {
    const seconds = Math.round((Date.now() - startedMs) / 1000);
    if (!process.stderr.isTTY) process.stderr.write(`... still installing, ${seconds} s so far\n`);
  }, HEARTBEAT_MS);
  const code = await run(program, args);
  clearInterval(heartbeat);
  if (code !== 0 || !existsSync(INSTALLED_FILE)) {
    fail(
      `\`npm ${command}\` failed (exit code ${code}); its own message is above.\n` +
        'What to do: if it speaks of the network, see that the package registry can be reached; if it says that the ' +
        'lock file is not in sync, run `npm install` once. Then run the same command again.',
      code || 1,
    );
  }
  settleTimes();
}

/**
 * A lock file can be younger than what was just installed from it: `npm install` has rewritten it, or its time lies in
 * the future. Without this, every later call would install again.
 */
function settleTimes() {
  if (isInstalled()) return;
  // Rounded up: times are kept more finely than they can be set, and equal must not read as older.
  const seconds = Math.ceil(statSync(LOCK_FILE).mtimeMs / 1000);
  utimesSync(INSTALLED_FILE, seconds, seconds);
}

/** npm as it runs us, if it does; otherwise the one on the PATH. */
function npm(args) {
  const running = process.env.npm_execpath;
  if (running && basename(running) === 'npm-cli.js') return { program: process.execPath, args: [running, ...args] };
  return { program: process.platform === 'win32' ? 'npm.cmd' : 'npm', args };
}

/**
 * One lock per checkout, outside of it, because an install empties node_modules. The file appears with its content by
 * one link, so that a reader always finds the process id of the holder. A holder that is gone is no holder.
 */
async function lock() {
  const name = createHash('sha256').update(projectDirectory).digest('hex').slice(0, 16);
  const path = join(tmpdir(), `temporal-kernel-install-${name}`);
  const own = `${path}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    for (let told = false; !tryLink(own, path);) {
      const holder = holderOf(path);
      if (holder === undefined) continue;
      if (!isAlive(holder.pid) || Date.now() - holder.sinceMs > LOCK_AGE_MAX_MS) {
        rmSync(path, { force: true });
        continue;
      }
      if (!told) process.stderr.write(`Waiting for the install that process ${holder.pid} is doing ...\n`);
      told = true;
      await new Promise((resolve) => setTimeout(resolve, WAIT_PAUSE_MS));
    }
  } finally {
    rmSync(own, { force: true });
  }
  const unlock = () => rmSync(path, { force: true });
  // `fail` ends the process without unwinding.
  process.once('exit', unlock);
  return () => {
    process.off('exit', unlock);
    unlock();
  };
}

function tryLink(own, path) {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function holderOf(path) {
  try {
    return { pid: Number(readFileSync(path, 'utf8')), sinceMs: statSync(path).mtimeMs };
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function fail(message, code) {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}
