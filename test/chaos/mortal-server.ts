/** A development server of a test's own, which can be killed. One that has a file comes back with all that it knew. */
import assert from 'node:assert/strict';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { startDevServer, type DevServer } from '../../tools/server';
import { quietRuntime, type HarnessOptions } from '../support/run-harness';

export class MortalServer {
  readonly #dbFilename: string | undefined;
  #server: DevServer;

  private constructor(server: DevServer, dbFilename: string | undefined) {
    this.#server = server;
    this.#dbFilename = dbFilename;
  }

  static async start(dbFilename?: string): Promise<MortalServer> {
    const server = await startDevServer({ ownServer: true, ...(dbFilename === undefined ? {} : { dbFilename }) });
    return new MortalServer(server, dbFilename);
  }

  get address(): string {
    return this.#server.address;
  }

  /** Connections for a harness, which outlive the server's deaths. */
  async connections(): Promise<NonNullable<HarnessOptions['connections']>> {
    quietRuntime();
    const { address } = this;
    const connection = await Connection.connect({ address });
    const native = await NativeConnection.connect({ address });
    const close = async (): Promise<void> => {
      await native.close();
      await connection.close();
    };
    return { client: new Client({ connection }), native, close };
  }

  /** Kills it without a word, and starts another on the same file at the same address. */
  async kill(): Promise<void> {
    const { pid, address, stop } = this.#server;
    assert.ok(pid !== undefined && this.#dbFilename !== undefined, 'only a server with a file can come back');
    process.kill(pid, 'SIGKILL');
    await stop();
    const port = Number(address.split(':')[1]);
    this.#server = await startDevServer({ ownServer: true, dbFilename: this.#dbFilename, port });
  }

  async stop(): Promise<void> {
    await this.#server.stop();
  }
}
