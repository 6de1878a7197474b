/**
 * Runs one agent: a server, a worker with a model, a client, and whoever answers. Prints what the model says while it says it.
 *
 * Guarantees: what was started is stopped, whatever happens.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { MESSAGE_SIGNAL, type ToolLoopState } from '../../src/agents';
import { FileArtifacts } from '../../src/artifacts';
import { KernelClient } from '../../src/client';
import type { DefinedProgram } from '../../src/kernel';
import {
  ModelPlugin,
  ModelStreams,
  openAiCompatible,
  type McpServerOptions,
  type StreamListener,
} from '../../src/models';
import { createWorker } from '../../src/worker';
import { startScriptedModel, type Script } from '../../tools/scripted-model';
import { startDevServer } from '../../tools/server';
import type { AgentOptions } from './options';
import { answerOf } from './person';

export interface Agent {
  readonly program: DefinedProgram;
  readonly workflowsPath: string;
  readonly prompt: string;
  /** Messages that follow the prompt, in a conversation. */
  readonly messages?: readonly string[];
  /** The name of its model. */
  readonly model: string;
  /** What the model says when none is named. */
  readonly script: Script;
  readonly mcp?: Readonly<Record<string, McpServerOptions>>;
  /** What those who answer are. */
  readonly roles?: readonly string[];
}

/** @returns the last state of the run */
export async function runAgent(agent: Agent, { endpoint, yes }: AgentOptions): Promise<ToolLoopState> {
  const toStop: (() => Promise<unknown>)[] = [];
  const holding = <T>(it: T, stop: (it: T) => Promise<unknown>): T => {
    toStop.unshift(() => stop(it));
    return it;
  };
  try {
    Runtime.install({ logger: new DefaultLogger('WARN') });
    const server = holding(await startDevServer({ ui: true }), (it) => it.stop());
    const directory = holding(await mkdtemp(join(tmpdir(), 'agent-')), (it) => rm(it, { recursive: true }));
    const scripted = endpoint === null ? holding(await startScriptedModel(agent.script), (it) => it.close()) : null;
    const host = openAiCompatible({
      baseUrl: endpoint?.baseUrl ?? (scripted?.url as string),
      model: endpoint?.model ?? 'scripted',
      ...(endpoint?.keyVariable == null ? {} : { apiKeyVariable: endpoint.keyVariable }),
    });
    const { program, workflowsPath, mcp = {} } = agent;
    const artifacts = new FileArtifacts(directory);
    const streams = new ModelStreams();
    const programs = [program];
    const native = holding(await NativeConnection.connect({ address: server.address }), (it) => it.close());
    const worker = await createWorker({
      connection: native,
      programs,
      workflowsPath,
      artifacts,
      plugins: [new ModelPlugin({ programs, models: { [agent.model]: host }, artifacts, streams, mcp })],
    });
    const running = worker.run();
    holding(worker, async (it) => {
      it.shutdown();
      await running;
    });
    const connection = holding(await Connection.connect({ address: server.address }), (it) => it.close());
    const kernel = new KernelClient({ client: new Client({ connection }), programs });
    const runId = `${program.name}-${randomBytes(3).toString('hex')}`;
    streams.subscribe(runId, printer());
    await kernel.start(program, { runId, initialState: { prompt: agent.prompt } });
    console.log(`run ${runId}, to be seen at ${server.uiAddress}\n`);
    await converse(kernel, runId, agent, yes);
    await printActions(kernel, runId);
    return (await kernel.state(runId)) as unknown as ToolLoopState;
  } finally {
    for (const stop of toStop) await stop();
  }
}

/** Prints what models say while they say it. What an attempt said that was made again is void. */
function printer(): StreamListener {
  let isSpeaking = false;
  return (event) => {
    if (event.type === 'text') process.stdout.write(event.text);
    else if (isSpeaking) process.stdout.write(event.type === 'end' ? '\n' : ' (and again)\n');
    isSpeaking = event.type === 'text';
  };
}

/** Answers what the run asks, and says what is left to say, until the run has ended. */
async function converse(
  kernel: KernelClient,
  runId: string,
  { messages = [], roles = [] }: Agent,
  yes: boolean,
): Promise<void> {
  const left = [...messages];
  for (;;) {
    const status = await kernel.runUntilBlocked(runId);
    if (status.status !== 'blocked') return;
    const asked = await kernel.pendingInterrupt(runId);
    if (asked === null) {
      const message = left.shift() ?? null;
      if (message !== null) console.log(`\n> ${message}`);
      await kernel.signal(runId, MESSAGE_SIGNAL, message);
    } else {
      await kernel.resume(runId, await answerOf(asked, yes), { interruptId: asked.id, by: 'you', roles });
    }
  }
}

async function printActions(kernel: KernelClient, runId: string): Promise<void> {
  console.log(`\nwhat it did:`);
  for (const { eventIndex, event } of await kernel.log(runId)) {
    if (event.type === 'ActionRequested') console.log(`  ${eventIndex} ${JSON.stringify(event.payload).slice(0, 110)}`);
    if (event.type === 'ActionFailed') console.log(`  ${eventIndex} failed: ${event.error}`);
  }
}
