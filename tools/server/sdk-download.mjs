/**
 * The child process of sdk-way.ts: has the Temporal SDK download a server into a directory, then ends.
 * Called as: sdk-download.mjs <kind> <directory> <version> <stallMaxMs>
 *
 * The SDK downloads as a part of starting a server, so a server is started once and stopped again. While it is up
 * this process does not end by itself, lest the server stay behind.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';

const [kind, directory, version, stallMaxMs] = process.argv.slice(2);

function fail(reason) {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
}

/** The SDK writes to `<name>.downloading` and renames it when it is whole. */
function look() {
  const names = readdirSync(directory);
  return {
    arrived: names.some((name) => !name.endsWith('.downloading')),
    bytes: names.reduce(
      (sum, name) => sum + (statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    ),
  };
}

/** The SDK repeats itself and puts long addresses in between: keep each part of its message once. */
function shorten(message) {
  const parts = message.replaceAll(/ for url \([^)]*\)/g, '').split(': ');
  return parts.filter((part, index) => part !== parts[index - 1]).join(': ');
}

let bytes = 0;
let lastProgressMs = Date.now();
const watch = setInterval(() => {
  const now = look();
  if (now.arrived) return clearInterval(watch);
  if (now.bytes !== bytes) {
    bytes = now.bytes;
    lastProgressMs = Date.now();
  }
  if (Date.now() - lastProgressMs > Number(stallMaxMs)) fail(`no byte arrived for ${Number(stallMaxMs) / 1000} s`);
}, 500);

process.on('disconnect', () => {
  if (!look().arrived) process.exit(1);
});

const server = { executable: { type: 'cached-download', downloadDir: directory, version } };
try {
  const environment = await (kind === 'dev'
    ? TestWorkflowEnvironment.createLocal({ server })
    : TestWorkflowEnvironment.createTimeSkipping({ server }));
  await environment.teardown();
  process.exit(0);
} catch (error) {
  fail(shorten(error instanceof Error ? error.message : String(error)));
}
