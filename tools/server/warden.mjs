/**
 * The process between us and a server: starts the server, and stops it when the channel to our process closes.
 * Called by server-process.ts with an IPC channel as: warden.mjs <how, as JSON> <executable> [arguments]
 *
 * The operating system closes the channel however our process ends, by SIGKILL too, so the server cannot outlive it.
 * Being the server's parent, the warden stops exactly the process it started, never one that took over a process id.
 */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';

const [how, executable, ...args] = process.argv.slice(2);
const { stopGraceMs, stopSignal, user, removeAfter } = JSON.parse(how);
// Both of the server's outputs go to one pipe, so that their order is kept.
const server = spawn(executable, args, { stdio: ['ignore', 1, 1], windowsHide: true, ...user });

function tell(message) {
  // Nobody may be there to hear it.
  if (process.connected) process.send(message, () => {});
}

let stopping = false;
function stop() {
  if (stopping) return;
  stopping = true;
  if (stopGraceMs > 0) server.kill(stopSignal);
  setTimeout(() => server.kill('SIGKILL'), stopGraceMs);
}

server.once('spawn', () => tell({ pid: server.pid }));
server.once('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(127);
});
server.once('exit', (code) => {
  if (removeAfter !== undefined) rmSync(removeAfter, { recursive: true, force: true });
  process.exit(code ?? 1);
});
process.on('disconnect', stop);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
