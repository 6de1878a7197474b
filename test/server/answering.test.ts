import { once } from 'node:events';
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { waitUntilAnswering } from '../../tools/server/answering';

const UNAVAILABLE = 14;
const PERMISSION_DENIED = 7;

/** Answers calls as a server does that cannot do what they ask. */
const refuse = (call: ServerHttp2Stream, status: number): void => {
  call.respond(
    { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': String(status) },
    { endStream: true },
  );
};

let server: Http2Server;
beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.close();
});

test('given a server that is gone while a call to it waits to be tried again, then the wait ends at once and that try still finds its connection', async () => {
  const gone = new AbortController();
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const session = once(server, 'session');
  const wait = waitUntilAnswering(address, 'default', { timeoutMs: 60_000, gone: gone.signal });
  const expected = expect(wait).rejects.toMatchObject({ code: 'SERVER_NOT_ANSWERING' });

  const [first] = (await once(server, 'stream')) as [ServerHttp2Stream];
  refuse(first, UNAVAILABLE);
  gone.abort();
  await expected;

  const [second] = (await once(server, 'stream')) as [ServerHttp2Stream];
  const [{ closed }] = (await session) as [{ readonly closed: boolean }];
  expect(closed).toBe(false);
  refuse(second, PERMISSION_DENIED);
});
