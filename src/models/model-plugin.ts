/**
 * The worker plugin of models: beside `KernelPlugin` it gives a worker the activities that programs' model calls are.
 *
 *     plugins: [
 *       new KernelPlugin({ programs, artifacts }),
 *       new ModelPlugin({ programs, artifacts, models: { main: openAiCompatible({ … }) } }),
 *     ]
 */
import type { Worker, WorkerOptions, WorkerPlugin } from '@temporalio/worker';
import { JsonArtifacts, type ArtifactStore } from '../artifacts';
import { LIST_MCP_TOOLS } from '../agents';
import { KernelError, ProgramSet, type DefinedProgram } from '../kernel';
import { callMcpTool, listMcpTools, McpServers, type McpSurroundings } from './mcp-activities';
import type { McpServerOptions } from './mcp-server';
import { modelActivity, type ModelSurroundings } from './model-activity';
import type { ModelHost } from './model-host';
import type { ModelStreams } from './model-streams';
import { modelUseOf } from './model-use';
import { programTools } from './offered-tools';
import { Transcripts } from './transcript';

export interface ModelPluginOptions {
  /** The programs, as `KernelPlugin` has them: what their models are offered is read off them. */
  readonly programs: readonly DefinedProgram[];
  /** Models, by the names that programs use. */
  readonly models: Readonly<Record<string, ModelHost>>;
  /** Where conversations are kept. All workers of a program's runs need the same. */
  readonly artifacts: ArtifactStore;
  /** Where what is said can be followed while it is said. Default: nowhere. */
  readonly streams?: ModelStreams;
  /** MCP servers, by the names that programs use. */
  readonly mcp?: Readonly<Record<string, McpServerOptions>>;
  /** More texts that must not leave the worker, beside the keys of models and servers. */
  readonly secrets?: readonly string[];
}

type Activity = (input: unknown) => Promise<unknown>;

export class ModelPlugin implements WorkerPlugin {
  readonly name = 'temporal-kernel-models';
  /** The activities, by name. */
  readonly activities: Readonly<Record<string, Activity>>;
  readonly #servers: McpServers;
  #workers = 0;

  /** @throws KernelError `InvalidProgram` for a tool that a model can't be offered, or an MCP server with a bad name */
  constructor(options: ModelPluginOptions) {
    const { models, mcp = {} } = options;
    this.#servers = new McpServers(mcp);
    const programs = new ProgramSet(options.programs);
    // A secret of one is a secret of all: a tool may say what a model must not repeat.
    const secrets = [
      ...(options.secrets ?? []),
      ...Object.values(models).flatMap((host) => host.secrets ?? []),
      ...this.#servers.secrets,
    ];
    const artifacts = new JsonArtifacts(options.artifacts);
    const surroundings: ModelSurroundings & McpSurroundings = {
      programs,
      artifacts,
      transcripts: new Transcripts(artifacts),
      streams: options.streams ?? null,
      secrets,
    };
    const activities: Record<string, Activity> = {
      ...Object.fromEntries(
        Object.entries(models).map(([name, host]) => [name, modelActivity(name, host, surroundings)]),
      ),
      ...(Object.keys(mcp).length === 0
        ? {}
        : {
            listMcpTools: listMcpTools(this.#servers, surroundings),
            callMcpTool: callMcpTool(this.#servers, surroundings),
          }),
    };
    this.activities = activities;
    for (const program of programs.all) {
      assertOffers(program, models);
      assertNoTools(program, activities);
      assertServed(program, mcp);
    }
  }

  configureWorker(options: WorkerOptions): WorkerOptions {
    return { ...options, activities: { ...this.activities, ...options.activities } };
  }

  /** Ends the connections to MCP servers when the last worker of this plugin ends. */
  async runWorker(worker: Worker, next: (worker: Worker) => Promise<void>): Promise<void> {
    this.#workers += 1;
    try {
      await next(worker);
    } finally {
      this.#workers -= 1;
      if (this.#workers === 0) await this.close();
    }
  }

  /** Ends the connections to MCP servers; they are made again when they are needed. */
  async close(): Promise<void> {
    await this.#servers.close();
  }
}

/** A program that can't be run with its model is refused at the start, and not at its first call. */
function assertOffers(program: DefinedProgram, models: ModelPluginOptions['models']): void {
  for (const [name, provider] of Object.entries(program.providers)) {
    if (provider.run !== undefined) continue;
    if (!Object.hasOwn(models, name)) {
      if (provider.model === undefined || provider.taskQueue !== undefined) continue;
      const known = Object.keys(models).join(', ') || 'none';
      throw new KernelError('InvalidProgram', `${program.name} needs the model ${name}, and this worker has: ${known}`);
    }
    programTools(program, modelUseOf(program, name, provider));
  }
}

/** A worker has one activity of a name: one that is a tool's can't be a model's too. */
function assertNoTools(program: DefinedProgram, activities: Readonly<Record<string, Activity>>): void {
  for (const [name, { run }] of [...Object.entries(program.tools), ...Object.entries(program.providers)]) {
    if (run === undefined || !Object.hasOwn(activities, name)) continue;
    throw new KernelError(
      'InvalidProgram',
      `program ${program.name} has a tool ${name} of its own, and this worker has a model or an MCP activity of that name: rename one`,
    );
  }
}

/** A program that calls MCP servers would wait for a worker that has some. */
function assertServed(program: DefinedProgram, mcp: NonNullable<ModelPluginOptions['mcp']>): void {
  const tool = Object.hasOwn(program.tools, LIST_MCP_TOOLS) ? program.tools[LIST_MCP_TOOLS] : undefined;
  if (tool === undefined || tool.run !== undefined || Object.keys(mcp).length > 0) return;
  throw new KernelError('InvalidProgram', `${program.name} needs MCP servers, and this worker has none`);
}
