/**
 * Ports on the loopback interface that are free at this moment.
 *
 * Guarantees: the ports of one call differ from each other. Another process may take one before it is used: whoever
 * uses a port must be ready to ask for another.
 */
import { createServer, type Server } from 'node:net';

export const LOOPBACK = '127.0.0.1';

export async function freePorts(count: number): Promise<readonly number[]> {
  // All are held open until all are known; otherwise the same port could be given twice.
  const listeners = await Promise.all(Array.from({ length: count }, () => listen()));
  const ports = listeners.map(portOf);
  await Promise.all(listeners.map((listener) => new Promise((resolve) => listener.close(resolve))));
  return ports;
}

function listen(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const listener = createServer();
    listener.once('error', reject);
    listener.listen(0, LOOPBACK, () => {
      resolve(listener);
    });
  });
}

function portOf(listener: Server): number {
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('A TCP listener has no port.');
  return address.port;
}
