/**
 * The official executables as packed for pip, at a pinned version, with their hashes checked by pip itself.
 *
 * Guarantees: nothing is installed into any Python; pip's settings on this machine (indexes, proxies, certificates)
 * are respected, save for those that would make it install elsewhere.
 */
import { join } from 'node:path';
import { runCommand } from './command';
import { isExecutableFile } from './executable';
import { type Fetch, fetchWay } from './fetch-way';
import { executableName } from './server-program';

interface Pip {
  readonly command: string;
  readonly args: readonly string[];
}

const CANDIDATES: readonly Pip[] = [
  { command: 'python3', args: ['-m', 'pip'] },
  { command: 'python', args: ['-m', 'pip'] },
  { command: 'pip3', args: [] },
  { command: 'pip', args: [] },
];

const VERSION_TIMEOUT_MS = 30_000;
const INSTALL_TIMEOUT_MS = 15 * 60 * 1000;
/** pip's own last lines say why it failed; what is above them is repetition. */
const REASON_LINES_MAX = 3;

const fetchWithPip: Fetch = async (search, directory) => {
  const { program } = search;
  const env = pipEnvironment(search.env);
  const pips = await distinctPips(env);
  if (pips.length === 0) return { fetched: false, reason: 'there is no Python with pip' };
  const reasons: string[] = [];
  for (const [index, pip] of pips.entries()) {
    const target = join(directory, String(index));
    const flags = ['--no-deps', '--only-binary=:all:', '--require-hashes', '--no-input', '--target', target];
    const result = await runCommand(pip.command, [...pip.args, 'install', ...flags, '-r', program.requirementsFile], {
      env,
      timeoutMs: INSTALL_TIMEOUT_MS,
      visible: true,
    });
    const path = join(target, 'bin', executableName(program));
    if (result.ok && (await isExecutableFile(path))) return { fetched: true, path };
    reasons.push(`${[pip.command, ...pip.args].join(' ')}: ${result.ok ? `no ${path}` : pipReason(result)}`);
  }
  return { fetched: false, reason: reasons.join('\n') };
};

function pipEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...env,
    // Settings that contradict --target or stop pip before it starts.
    PIP_USER: '0',
    PIP_REQUIRE_VIRTUALENV: '0',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_ROOT_USER_ACTION: 'ignore',
  };
}

/** Several names mostly lead to one pip. It tells where it lives, so that each is tried once. */
async function distinctPips(env: NodeJS.ProcessEnv): Promise<readonly Pip[]> {
  const byVersion = new Map<string, Pip>();
  for (const pip of CANDIDATES) {
    const result = await runCommand(pip.command, [...pip.args, '--version'], { env, timeoutMs: VERSION_TIMEOUT_MS });
    const version = result.output.trim();
    if (result.ok && !byVersion.has(version)) byVersion.set(version, pip);
  }
  return [...byVersion.values()];
}

function pipReason({ output, failure }: { readonly output: string; readonly failure: string }): string {
  const errors = output.split('\n').filter((line) => line.startsWith('ERROR:'));
  return errors.length > 0 ? errors.slice(-REASON_LINES_MAX).join('\n') : failure;
}

export const pipWheel = fetchWay('pip', fetchWithPip);
