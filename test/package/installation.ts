/**
 * The package as a user gets it: packed by npm, installed in an empty folder outside of the repository.
 *
 * The user gets the versions of everything else that our lock file names, so that what the registries publish tomorrow decides
 * no test; and no install script runs, so SQLite's driver is there without its native part.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';

export const REPOSITORY = resolve(__dirname, '../..');
const USER_PROJECT = join(__dirname, 'user-project');

/** A registry that answers slowly is none of our business. */
const NPM_DEADLINE_MS = 420_000;
const PROGRAM_DEADLINE_MS = 150_000;
const OUTPUT_BYTES_MAX = 16_000_000;

/** How a process ended, and what it printed. */
export interface Ended {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly version: string }>>;
}

export class Installation {
  /** The user's project. */
  readonly directory: string;
  readonly #parent: string;

  private constructor(parent: string) {
    this.#parent = parent;
    this.directory = join(parent, 'project');
  }

  /** Packs, installs, and puts the user's files there. */
  static async make(): Promise<Installation> {
    const installation = new Installation(await realpath(await mkdtemp(join(tmpdir(), 'temporal-kernel-package-'))));
    try {
      await installation.#install(await installation.#pack());
    } catch (error) {
      await installation.remove();
      throw error;
    }
    return installation;
  }

  /** The installed package's own directory. */
  get package(): string {
    return join(this.directory, 'node_modules/temporal-kernel');
  }

  /** Runs a JavaScript file, or code after `--eval`, in the user's project. */
  async node(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return await ended(process.execPath, args, this.directory, PROGRAM_DEADLINE_MS, env);
  }

  /** Runs code and reads the JSON that it prints. */
  async evaluate(code: string, type: 'commonjs' | 'module'): Promise<unknown> {
    // Code of an ES module finds packages from the current directory, as a file there would.
    return printedJson(await this.node([`--input-type=${type}`, '--eval', code]));
  }

  async remove(): Promise<void> {
    await rm(this.#parent, { recursive: true, force: true });
  }

  async #pack(): Promise<string> {
    await npm(['pack', '--pack-destination', this.#parent], REPOSITORY);
    const packed = (await readdir(this.#parent)).filter((name) => name.endsWith('.tgz'));
    if (packed.length !== 1) throw new Error(`npm pack made ${packed.length} packages: ${packed.join()}`);
    return join(this.#parent, packed[0]!);
  }

  async #install(tarball: string): Promise<void> {
    await mkdir(this.directory);
    const manifest = JSON.parse(await readFile(join(USER_PROJECT, 'package.json'), 'utf8')) as object;
    const overrides = await lockedVersions();
    await writeFile(join(this.directory, 'package.json'), JSON.stringify({ ...manifest, overrides }, null, 2));
    const quietly = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'];
    await npm(['install', ...quietly, `../${basename(tarball)}`], this.directory);
    const keepManifest = (source: string): boolean => relative(USER_PROJECT, source) !== 'package.json';
    await cp(USER_PROJECT, this.directory, { recursive: true, filter: keepManifest });
  }
}

/** What a process that ended well printed last. */
export function printedJson({ code, stdout, stderr }: Ended): unknown {
  if (code !== 0) throw new Error(`it ended with ${code}:\n${stdout}\n${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as unknown;
}

/** Every file below a directory, as sorted paths with slashes. */
export async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const found = entries.map(async (entry) => {
    if (!entry.isDirectory()) return [entry.name];
    return (await filesBelow(join(directory, entry.name))).map((file) => `${entry.name}/${file}`);
  });
  return (await Promise.all(found)).flat().sort();
}

/** Versions by package, of each package that the lock file has in one version. */
async function lockedVersions(): Promise<Record<string, string>> {
  const lock = JSON.parse(await readFile(join(REPOSITORY, 'package-lock.json'), 'utf8')) as LockFile;
  const versions = new Map<string, Set<string>>();
  for (const [path, { version }] of Object.entries(lock.packages)) {
    const name = path.split('node_modules/').at(-1)!;
    if (name !== '') versions.set(name, (versions.get(name) ?? new Set()).add(version));
  }
  const single = [...versions].filter(([, found]) => found.size === 1);
  return Object.fromEntries(single.map(([name, [version]]) => [name, version!]));
}

/** Runs npm: the one that runs us, if one does; otherwise the one on the PATH. */
async function npm(args: readonly string[], cwd: string): Promise<void> {
  const running = process.env['npm_execpath'] ?? '';
  const [file, before] = basename(running) === 'npm-cli.js' ? [process.execPath, [running]] : ['npm', []];
  const { code, stdout, stderr } = await ended(file, [...before, ...args], cwd, NPM_DEADLINE_MS);
  if (code !== 0) throw new Error(`npm ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
}

/** Runs a program to its end; at the deadline it is killed. */
async function ended(
  file: string,
  args: readonly string[],
  cwd: string,
  timeout: number,
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  return await new Promise((resolve) => {
    const limits = { timeout, killSignal: 'SIGKILL', maxBuffer: OUTPUT_BYTES_MAX } as const;
    const options = { cwd, env: { ...process.env, ...env }, ...limits };
    execFile(file, args, options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code ?? error.signal ?? 'nothing'), stdout, stderr });
    });
  });
}
