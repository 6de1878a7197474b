/** Run by a test as a process of its own: starts a server, says so on standard output, and never stops it. */
import { startDevServer } from '../../tools/server';

void (async () => {
  const { pid, address } = await startDevServer({ ownServer: true });
  process.stdout.write(`${JSON.stringify({ pid, address })}\n`);
  if (process.argv[2] === 'wait') setInterval(() => undefined, 1_000);
})();
