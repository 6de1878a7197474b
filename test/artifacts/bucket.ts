/** A bucket of S3 as far as artifacts need one, on a local HTTP server, and a client of it. (The signature is the client's affair.) */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { S3ArtifactsClient } from '../../src/artifacts';

export class Bucket {
  readonly #server: Server;
  /** By path: `/{bucket}/{key}`. */
  readonly objects = new Map<string, Buffer>();
  /** Statuses that the next requests are answered with, whatever they ask for. */
  readonly faults: number[] = [];

  private constructor() {
    this.#server = createServer((request, response) => {
      const path = request.url ?? '';
      void buffer(request).then((body) => {
        const fault = this.faults.shift();
        if (fault !== undefined) response.writeHead(fault).end();
        else if (request.method === 'PUT') {
          this.objects.set(path, body);
          response.writeHead(200).end();
        } else {
          const found = this.objects.get(path);
          response.writeHead(found === undefined ? 404 : 200).end(request.method === 'HEAD' ? undefined : found);
        }
      });
    });
  }

  static async start(): Promise<Bucket> {
    const bucket = new Bucket();
    await new Promise<void>((resolve) => bucket.#server.listen(0, '127.0.0.1', resolve));
    return bucket;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** What Temporal's `S3StorageDriverClient` says of each call, in a few lines. */
  get client(): S3ArtifactsClient {
    const { port } = this.#server.address() as AddressInfo;
    const ask = async (method: string, bucket: string, key: string, body?: Uint8Array): Promise<Response> =>
      await fetch(`http://127.0.0.1:${port}/${bucket}/${key}`, { method, ...(body && { body: Buffer.from(body) }) });
    const well = (response: Response): Response => {
      if (!response.ok) throw new Error(`the bucket answers ${response.status}`);
      return response;
    };
    return {
      putObject: async (bucket, key, data) => {
        well(await ask('PUT', bucket, key, data));
      },
      objectExists: async (bucket, key) => {
        const response = await ask('HEAD', bucket, key);
        return response.status !== 404 && well(response).ok;
      },
      getObject: async (bucket, key) => new Uint8Array(await well(await ask('GET', bucket, key)).arrayBuffer()),
    };
  }
}
