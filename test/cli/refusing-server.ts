/** A server that speaks gRPC and refuses whatever it is asked: what somebody without rights sees. */
import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';

const GRPC_PERMISSION_DENIED = 7;

export class RefusingServer {
  readonly #server: Http2Server;
  readonly #sessions = new Set<ServerHttp2Session>();

  private constructor(server: Http2Server) {
    this.#server = server;
    server.on('session', (session) => this.#sessions.add(session));
    server.on('stream', (stream) => {
      const refusal = { 'grpc-status': String(GRPC_PERMISSION_DENIED), 'grpc-message': 'not you' };
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...refusal }, { endStream: true });
    });
  }

  static async start(): Promise<RefusingServer> {
    const server = new RefusingServer(createServer());
    await new Promise<void>((done) => server.#server.listen(0, '127.0.0.1', done));
    return server;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const session of this.#sessions) session.destroy();
    await new Promise((done) => this.#server.close(done));
  }
}
