/** A user's process: a worker, one run that is answered, its mirrored log and the verdict on it. Prints JSON. */
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { createWorker, KernelClient, MemoryStore, Mirror, type RunStatus, type Verdict } from 'temporal-kernel';
import { wordCounter } from './program';

async function main(address: string): Promise<void> {
  const taskQueue = `user-in-typescript-${process.pid}-${Date.now()}`;
  const programs = [wordCounter];
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const worker = await createWorker({
    connection: native,
    taskQueue,
    programs,
    workflowsPath: require.resolve('./workflows'),
  });
  const told = await worker.runUntil(async () => {
    const client = new Client({ connection });
    const store = new MemoryStore();
    const runs = new KernelClient({ client, programs, taskQueue, store });
    const mirror = new Mirror({ client, programs, store });

    const path = join(__dirname, '../../words.txt');
    const { runId } = await runs.start(wordCounter, { initialState: { path } });
    const blocked: RunStatus = await runs.runUntilBlocked(runId);
    const asked = await runs.pendingInterrupt(runId);
    await runs.resume(runId, 'publish');
    const ended = await runs.runUntilBlocked(runId);
    const state = await runs.state(runId);
    await mirror.mirror(runId);
    const events = (await store.scanLog(runId, 1)).map(({ event }) => event.type);
    const told = (await runs.log(runId)).at(-1)?.hash;
    const verdict: Verdict = await mirror.verify(runId);
    return { blocked, asked: asked?.value, ended, state, events, told, verdict };
  });
  await native.close();
  await connection.close();
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

void main(process.env['TEMPORAL_ADDRESS'] ?? 'localhost:7233');
