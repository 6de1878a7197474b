import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promises as fs } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client, Connection } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { type DevServer, obtainExecutable, startDevServer } from '../../tools/server';
import { freePorts } from '../../tools/server/free-ports';
import type { Way } from '../../tools/server/way';
import { emptyDirectory, failingAtFirst, halfProgram, placeProgram } from './fake-program';
import { isRunning, until } from './until';

// A first run fetches the server; what is bounded is bounded by the tool itself.
jest.setTimeout(20 * 60 * 1000);

const started: DevServer[] = [];
const start = async (...args: Parameters<typeof startDevServer>): Promise<DevServer & { readonly pid: number }> => {
  const server = await startDevServer({ ownServer: true, ...args[0] });
  started.push(server);
  if (server.pid === undefined) throw new Error('A server of our own has no process id.');
  return { ...server, pid: server.pid };
};
const wayTo = (path: string): Way => ({
  name: 'a test',
  find: () => Promise.resolve({ found: true, server: { type: 'executable', path, version: '1', from: 'a test' } }),
});
const connected = async <T>(address: string, use: (connection: Connection) => Promise<T>): Promise<T> => {
  const connection = await Connection.connect({ address });
  try {
    return await use(connection);
  } finally {
    await connection.close();
  }
};

let directory: string;
beforeEach(async () => {
  directory = await emptyDirectory();
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
  await fs.rm(directory, { recursive: true, force: true });
});

describe('given a development server that was started', () => {
  it('then it listens on the loopback interface and answers at once', async () => {
    const { address, namespace } = await start();
    expect(address).toMatch(/^127\.0\.0\.1:\d+$/);
    const described = await connected(address, ({ workflowService }) =>
      workflowService.describeNamespace({ namespace }),
    );
    expect(described.namespaceInfo?.name).toBe('default');
  });

  it('then a workflow can be started in a namespace of its own without further waiting', async () => {
    const { address, namespace } = await start({ namespace: 'of-its-own' });
    const status = await connected(address, async (connection) => {
      const client = new Client({ connection, namespace });
      const handle = await client.workflow.start('nobody', { taskQueue: 'nobody', workflowId: 'one' });
      return (await handle.describe()).status.name;
    });
    expect(status).toBe('RUNNING');
  });

  it('when the Web UI is asked for, then it is served at an address of its own', async () => {
    const { address, uiAddress } = await start({ ui: true });
    expect(uiAddress).not.toBe(`http://${address}`);
    const page = await fetch(uiAddress ?? '');
    expect(await page.text()).toContain('<html');
  });

  it('when it is stopped, then its process is gone, and stopping again does no harm', async () => {
    const { pid, stop } = await start();
    expect(isRunning(pid)).toBe(true);
    await stop();
    expect(isRunning(pid)).toBe(false);
    await stop();
  });

  it('when it has a file and comes back at the same port, then it still knows what happened', async () => {
    const dbFilename = join(directory, 'server.db');
    const first = await start({ dbFilename });
    await connected(first.address, (connection) =>
      new Client({ connection }).workflow.start('nobody', { taskQueue: 'nobody', workflowId: 'kept' }),
    );
    await first.stop();

    const second = await start({ dbFilename, port: Number(first.address.split(':')[1]) });
    expect(second.address).toBe(first.address);
    const described = await connected(second.address, (connection) =>
      new Client({ connection }).workflow.getHandle('kept').describe(),
    );
    expect(described.type).toBe('nobody');
  });

  it('when several are started at once, then each has its own address', async () => {
    const servers = await Promise.all([start(), start(), start()]);
    expect(new Set(servers.map(({ address }) => address)).size).toBe(3);
  });

  it('when TEMPORAL_ADDRESS names it, then it is used as it is and not stopped', async () => {
    const { address, pid } = await start();
    const env = { ...process.env, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: '' };
    const used = await startDevServer({ env, report: () => undefined });
    expect(used).toMatchObject({ address, namespace: 'default' });
    expect(used.pid).toBeUndefined();
    await used.stop();
    expect(isRunning(pid)).toBe(true);
  });
});

describe('given a server that cannot be started', () => {
  it('when it ends at once, then the error has its last words', async () => {
    await expect(startDevServer({ ownServer: true, extraArgs: ['--nonsense'] })).rejects.toMatchObject({
      code: 'SERVER_EXITED',
      message: expect.stringContaining('unknown flag: --nonsense') as unknown,
    });
  });

  it('when its port is taken, then the error says so', async () => {
    const listener = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const address = listener.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      await expect(startDevServer({ ownServer: true, port })).rejects.toThrow('address already in use');
    } finally {
      listener.close();
    }
  });

  it('when the program is no server at all, then no process stays behind', async () => {
    const path = await placeProgram(join(directory, 'temporal'), halfProgram);
    await expect(startDevServer({ ways: [wayTo(path)] })).rejects.toMatchObject({ code: 'SERVER_EXITED' });
  });

  it('when it prints without an end, then the error has how that began and how it ended', async () => {
    const path = await placeProgram(join(directory, 'temporal'), failingAtFirst('it does not work', '/bin/false'));
    await expect(startDevServer({ ways: [wayTo(path)] })).rejects.toMatchObject({
      message: expect.stringMatching(/it does not work\n\s+frame 1\n[^]*more characters[^]*frame 4000$/) as unknown,
    });
  });

  it('when TEMPORAL_ADDRESS names a server that is not there, then no other is started and the error says so', async () => {
    const { address, stop } = await start();
    await stop();
    const env = { ...process.env, TEMPORAL_ADDRESS: address };
    await expect(startDevServer({ env, report: () => undefined, startTimeoutMs: 1 })).rejects.toMatchObject({
      code: 'SERVER_NOT_ANSWERING',
      message: expect.stringContaining('unset TEMPORAL_ADDRESS') as unknown,
    });
  });
});

describe('given a server that loses a port to somebody else while it starts', () => {
  // What a server prints that finds the port of one of its parts taken, before the frames of its panic.
  const lost = 'listen tcp 127.0.0.1:1: bind: address already in use';

  it.each([
    ['any port', () => Promise.resolve({})],
    ['one port', async () => ({ port: Number((await freePorts(1))[0]) })],
  ])('when it may have %s, then it is started again', async (_which, chosen) => {
    const { path: executable } = await obtainExecutable('dev');
    const path = await placeProgram(join(directory, 'temporal'), failingAtFirst(lost, executable));
    const { pid } = await start({ ownServer: false, ways: [wayTo(path)], ...(await chosen()) });
    expect(isRunning(pid)).toBe(true);
  });
});

describe('given a process that started a server', () => {
  const processThatStarts = (...args: readonly string[]): ChildProcess => {
    const file = join(__dirname, 'starts-a-server-and-waits.ts');
    return spawn(process.execPath, ['--require', 'tsx/cjs', file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  };
  const serverOf = async (child: ChildProcess): Promise<number> => {
    if (child.stdout === null) throw new Error('The process has no output.');
    for await (const line of createInterface({ input: child.stdout })) return (JSON.parse(line) as { pid: number }).pid;
    throw new Error('The process ended without a server.');
  };

  it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
    'when it is ended by %s, then the server ends too',
    async (signal) => {
      const child = processThatStarts('wait');
      const pid = await serverOf(child);
      expect(isRunning(pid)).toBe(true);
      child.kill(signal);
      await until('the server was gone', () => !isRunning(pid));
    },
  );

  it('when it ends by itself without stopping the server, then it is not kept alive and the server ends too', async () => {
    const child = processThatStarts();
    const exit = once(child, 'exit');
    const pid = await serverOf(child);
    expect(await exit).toEqual([0, null]);
    await until('the server was gone', () => !isRunning(pid));
  });
});

describe('given the time-skipping server', () => {
  it('then the SDK can start it, and its clock jumps', async () => {
    const { path } = await obtainExecutable('time-skipping');
    const environment = await TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path } },
    });
    try {
      const beforeMs = await environment.currentTimeMs();
      await environment.sleep('30 days');
      expect((await environment.currentTimeMs()) - beforeMs).toBeGreaterThanOrEqual(30 * 24 * 60 * 60 * 1000);
    } finally {
      await environment.teardown();
    }
  });
});
