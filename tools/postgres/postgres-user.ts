/**
 * Whom PostgreSQL runs as. It refuses to run as root; so root runs it as `postgres`, or as `nobody` where there is no
 * `postgres`. Anybody else runs it as himself.
 */
import { runCommand } from '../server/command';

export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

const NAMES = ['postgres', 'nobody'];
const TIMEOUT_MS = 10_000;

/** The user to run as; undefined for the one that this process runs as. */
export async function postgresUser(): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of NAMES) {
    const [uid, gid] = [await idOf(['-u', name]), await idOf(['-g', name])];
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw new Error(`PostgreSQL does not run as root, and this system has none of the users ${NAMES.join(', ')}.`);
}

async function idOf(args: readonly string[]): Promise<number | undefined> {
  const { ok, output } = await runCommand('id', args, { env: process.env, timeoutMs: TIMEOUT_MS });
  return ok && /^\d+\s*$/.test(output) ? Number(output) : undefined;
}
