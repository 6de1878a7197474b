/** Restate: a service's handler whose steps are `ctx.run`, called through the server's ingress, which answers when the handler has ended. */
import { createServer } from 'node:http2';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import * as restate from '@restatedev/restate-sdk';
import * as clients from '@restatedev/restate-sdk-clients';
import { tick } from './tick.mjs';

// The SDK is written for Node 22; this is all that it misses in Node 20.
Promise.withResolvers ??= function withResolvers() {
  const made = {};
  made.promise = new this((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
};

const LOOPBACK = '127.0.0.1';
const START_MS_MAX = 60_000;
const LOOK_AGAIN_MS = 100;

const stepper = restate.service({
  name: 'stepper',
  handlers: {
    run: async (ctx, steps) => {
      let done = 0;
      while (done < steps) {
        const before = done;
        done = await ctx.run('tick', () => tick(before));
      }
      return done;
    },
  },
});

export async function open({ ingressUrl, adminUrl }) {
  const sessions = new Set();
  const endpoint = createServer(restate.createEndpointHandler({ services: [stepper] }));
  endpoint.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  endpoint.listen(0, LOOPBACK);
  await once(endpoint, 'listening');
  await untilItWorks(() => register(adminUrl, `http://${LOOPBACK}:${endpoint.address().port}`));
  const client = clients.connect({ url: ingressUrl }).serviceClient(stepper);
  // The server takes calls a moment later than it takes what it is told to call.
  await untilItWorks(() => client.run(1));
  return {
    run: (steps) => client.run(steps),
    close: async () => {
      endpoint.close();
      for (const session of sessions) session.destroy();
    },
  };
}

async function register(adminUrl, uri) {
  const response = await fetch(`${adminUrl}/deployments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uri }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`Restate does not take the service: ${response.status} ${text}`);
}

async function untilItWorks(work) {
  const deadlineMs = performance.now() + START_MS_MAX;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
    }
    await pause(LOOK_AGAIN_MS);
  }
}
