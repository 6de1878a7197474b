/** Worker processes of our side: how many workers share a load, and what each of them needs, can be told only of processes. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { ManyWorkerMemory, ManyWorkerRequest } from './many-worker';

/** Workers that run. */
export class WorkerProcesses {
  readonly #children: readonly ChildProcess[];

  private constructor(children: readonly ChildProcess[]) {
    this.#children = children;
  }

  /** Starts so many, and waits until they poll. */
  static async start(count: number, address: string, bundlePath: string): Promise<WorkerProcesses> {
    const children = Array.from({ length: count }, () => fork(require.resolve('./many-worker'), [address, bundlePath]));
    await Promise.all(children.map((child) => nextMessage(child)));
    return new WorkerProcesses(children);
  }

  /** The resident memory of all of them together, in bytes. */
  async residentBytes(): Promise<number> {
    const said = await Promise.all(
      this.#children.map(async (child) => {
        const answer = nextMessage(child);
        child.send('memory' satisfies ManyWorkerRequest);
        return (await answer) as ManyWorkerMemory;
      }),
    );
    return said.reduce((sum, { residentBytes }) => sum + residentBytes, 0);
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        const exited = child.exitCode === null ? once(child, 'exit') : null;
        child.send('stop' satisfies ManyWorkerRequest);
        await exited;
      }),
    );
  }
}

async function nextMessage(child: ChildProcess): Promise<unknown> {
  const exited = new AbortController();
  const onExit = (): void => {
    exited.abort(new Error('a worker process of the bench has ended'));
  };
  child.once('exit', onExit);
  try {
    const [message] = (await once(child, 'message', { signal: exited.signal })) as readonly unknown[];
    return message;
  } finally {
    child.off('exit', onExit);
  }
}
