/**
 * A Restate server for the bench of peers: one node, with its own settings, in a folder of its own.
 *
 * Guarantees: it listens on the loopback interface only, on ports that nobody else has; it does not outlive this process.
 */
import { freePorts, LOOPBACK } from '../server/free-ports';
import { startServerProcess } from '../server/server-process';

const STOP_GRACE_MS = 10_000;

/** A server that was started; whether it answers is for its first caller to see. */
export interface RestateServer {
  /** Where services are called. */
  readonly ingressUrl: string;
  /** Where services are made known. */
  readonly adminUrl: string;
  readonly stop: () => Promise<void>;
}

export async function startRestate(executable: string, folder: string): Promise<RestateServer> {
  const [ingress, admin, node] = (await freePorts(3)) as [number, number, number];
  const { stop } = await startServerProcess({
    executable,
    args: [
      ...['--no-logo', '--log-filter', 'warn', '--node-name', 'bench', '--base-dir', folder],
      ...['--listen-mode', 'tcp', '--bind-ip', LOOPBACK, '--advertised-host', LOOPBACK],
    ],
    env: {
      ...process.env,
      DO_NOT_TRACK: '1',
      RESTATE_BIND_PORT: String(node),
      RESTATE_INGRESS__BIND_PORT: String(ingress),
      RESTATE_ADMIN__BIND_PORT: String(admin),
      RESTATE_ADMIN__DISABLE_WEB_UI: 'true',
    },
    stopGraceMs: STOP_GRACE_MS,
    removeAfter: folder,
  });
  return { ingressUrl: `http://${LOOPBACK}:${ingress}`, adminUrl: `http://${LOOPBACK}:${admin}`, stop };
}
