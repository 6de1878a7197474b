/**
 * Makes workflow bundles for all test files in the process of the setup: there the bundler is loaded once, and is warm from its second
 * bundle on. In each test file it would be loaded and compiled anew.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { REPLAY_OBSERVER } from '../../src/mirror';
import { KernelPlugin } from '../../src/plugin';
import { LOOPBACK } from '../../tools/server/free-ports';

/** What is bundled. */
export interface BundleRequest {
  readonly workflowsPath: string;
  /** Whether it tells its log to whoever replays it. A worker that runs it needs a sink for that. */
  readonly observed: boolean;
}

/** Bundles here. */
export async function makeBundle({ workflowsPath, observed }: BundleRequest): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    workflowInterceptorModules: observed ? [REPLAY_OBSERVER] : [],
    plugins: [new KernelPlugin({ programs: [] })],
    logger: new DefaultLogger('WARN'),
  });
  return code;
}

/** Bundles for others: each bundle once, however many ask for it. */
export class Bundler {
  readonly #server: Server;
  readonly #bundles = new Map<string, Promise<string>>();

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#bundle(request.url ?? '').then(
        (code) => response.end(code),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    });
  }

  static async start(): Promise<Bundler> {
    const bundler = new Bundler();
    await new Promise<void>((listening) => bundler.#server.listen(0, LOOPBACK, listening));
    return bundler;
  }

  get url(): string {
    return `http://${LOOPBACK}:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  #bundle(path: string): Promise<string> {
    let bundle = this.#bundles.get(path);
    if (bundle === undefined) {
      bundle = makeBundle(JSON.parse(decodeURIComponent(path.slice(1))) as BundleRequest);
      this.#bundles.set(path, bundle);
    }
    return bundle;
  }
}

/** Asks a bundler. */
export async function bundleFrom(url: string, request: BundleRequest): Promise<string> {
  const response = await fetch(`${url}/${encodeURIComponent(JSON.stringify(request))}`);
  const text = await response.text();
  if (!response.ok) throw new Error(`the bundler says: ${text}`);
  return text;
}
