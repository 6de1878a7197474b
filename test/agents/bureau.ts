/** The bureau that agents ask: it counts what it was asked, and keeps some waiting the first time. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export class Bureau {
  readonly url: string;
  /** How often each thing was asked. */
  readonly asked = new Map<string, number>();
  readonly #close: () => Promise<void>;

  private constructor(port: number, close: () => Promise<void>) {
    this.url = `http://127.0.0.1:${port}`;
    this.#close = close;
  }

  /** @param slow what it does not answer the first time */
  static async open(slow: readonly string[]): Promise<Bureau> {
    const waiting = new Set<ServerResponse>();
    const server = createServer((request, response) => {
      const what = (request.url ?? '').slice(1);
      const times = (bureau.asked.get(what) ?? 0) + 1;
      bureau.asked.set(what, times);
      if (slow.includes(what) && times === 1) waiting.add(response);
      else response.end(`the answer to ${what}`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const bureau = new Bureau((server.address() as AddressInfo).port, async () => {
      for (const response of waiting) response.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    return bureau;
  }

  async close(): Promise<void> {
    await this.#close();
  }
}
