/**
 * Streams of model calls over HTTP, as server-sent events: `GET /runs/{runId}/stream`. Each event's data is one `ModelStreamEvent`.
 *
 * It asks nobody who they are: it listens on loopback unless told otherwise, and whoever lets others in puts their own door before it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ModelStreams } from './model-streams';

export interface ModelStreamServerOptions {
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 0: any that is free. */
  readonly port?: number;
  /** Most connections at a time. Default 256. */
  readonly subscribersMax?: number;
  /** What waits for a subscriber that reads slowly, in bytes; with more it is cut off, and may come again. Default 1 MiB. */
  readonly bufferedBytesMax?: number;
}

export interface ModelStreamServer {
  readonly url: string;
  close(): Promise<void>;
}

const SUBSCRIBERS_MAX = 256;
const BUFFERED_BYTES_MAX = 1024 * 1024;

/** A sign of life, so that nobody in between takes a silent connection for a dead one, in milliseconds. */
const SIGN_OF_LIFE_MS = 15_000;

const PATH = /^\/runs\/([^/]+)\/stream$/;

/** Serves a hub's streams. */
export async function serveModelStreams(
  streams: ModelStreams,
  options: ModelStreamServerOptions = {},
): Promise<ModelStreamServer> {
  const {
    host = '127.0.0.1',
    port = 0,
    subscribersMax = SUBSCRIBERS_MAX,
    bufferedBytesMax = BUFFERED_BYTES_MAX,
  } = options;
  let subscribers = 0;
  const server = createServer((request, response) => {
    const runId = runIdOf(request);
    if (runId === null) {
      refuse(response, request.method === 'GET' ? 404 : 405);
      return;
    }
    if (subscribers >= subscribersMax) {
      refuse(response, 503);
      return;
    }
    subscribers += 1;
    response.once('close', () => {
      subscribers -= 1;
    });
    follow(streams, runId, response, bufferedBytesMax);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const { address, family, port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The path under which a run's stream is served. */
export function streamPath(runId: string): string {
  return `/runs/${encodeURIComponent(runId)}/stream`;
}

function follow(streams: ModelStreams, runId: string, response: ServerResponse, bufferedBytesMax: number): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.flushHeaders();
  const write = (text: string): void => {
    if (response.destroyed) return;
    response.write(text);
    if (response.writableLength > bufferedBytesMax) response.destroy();
  };
  const alive = setInterval(() => {
    write(': alive\n\n');
  }, SIGN_OF_LIFE_MS);
  let leave: () => void = () => undefined;
  response.once('close', () => {
    clearInterval(alive);
    leave();
  });
  try {
    leave = streams.subscribe(runId, (event) => {
      write(`data: ${JSON.stringify(event)}\n\n`);
    });
  } catch {
    response.destroy();
  }
}

function runIdOf({ method, url = '' }: IncomingMessage): string | null {
  const [path = ''] = url.split('?');
  const found = PATH.exec(path)?.[1];
  if (method !== 'GET' || found === undefined) return null;
  try {
    return decodeURIComponent(found);
  } catch {
    return null;
  }
}

function refuse(response: ServerResponse, status: 404 | 405 | 503): void {
  response.writeHead(status, { 'content-type': 'text/plain' });
  response.end(status === 503 ? 'too many subscribers\n' : 'GET /runs/{runId}/stream\n');
}
