/**
 * The Temporal SDK's own download, of the pinned version.
 *
 * Guarantees: gives up when no byte has arrived for a while, so that a network that swallows packets costs half a
 * minute and not forever. The download runs in a child process, because the SDK's cannot be called off.
 */
import { fork } from 'node:child_process';
import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { type Fetch, type FetchResult, fetchWay } from './fetch-way';

const STALL_MAX_MS = 30_000;
const TOTAL_MAX_MS = 10 * 60 * 1000;
const DOWNLOADER = join(__dirname, 'sdk-download.mjs');

const fetchWithSdk: Fetch = async ({ program, env }, directory) => {
  const failure = await download([program.kind, directory, `v${program.pinnedVersion}`, String(STALL_MAX_MS)], env);
  const [name] = await fs.readdir(directory);
  // The file counts, not the SDK's word: it starts the server once after the download, and that start may fail.
  if (name !== undefined && !name.endsWith('.downloading')) return { fetched: true, path: join(directory, name) };
  const result: FetchResult = { fetched: false, reason: failure || 'it ended without a file' };
  return result;
};

/** Resolves with the reason of the failure, or with an empty string. */
function download(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve) => {
    // The channel tells the child when this process is gone. No options of this process (loaders) are passed on.
    const child = fork(DOWNLOADER, args, { env, execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    let output = '';
    const timer = setTimeout(() => child.kill('SIGKILL'), TOTAL_MAX_MS);
    child.stderr?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4_000);
    });
    child.once('error', (error) => {
      clearTimeout(timer);
      resolve(error.message);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const lastLine = output.trim().split('\n').at(-1) ?? '';
      resolve(code === 0 ? '' : lastLine || `the download ended with ${signal ?? `exit code ${code}`}`);
    });
  });
}

export const sdkDownload = fetchWay('the download of the Temporal SDK', fetchWithSdk);
