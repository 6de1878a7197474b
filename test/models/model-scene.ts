/** A worker's models for a test: a scripted server, a program that uses it, and the activities run without a server of Temporal's. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { z } from 'zod';
import {
  ModelCallSchema,
  ModelResultSchema,
  type Answer,
  type Compaction,
  type Entry,
  type ModelUse,
} from '../../src/agents';
import { JsonArtifacts, MemoryArtifacts } from '../../src/artifacts';
import {
  defineProgram,
  complete,
  tool,
  type Address,
  type AnyTool,
  type DefinedProgram,
  type Json,
} from '../../src/kernel';
import { ModelPlugin, ModelStreams, openAiCompatible, Transcripts, type ModelPluginOptions } from '../../src/models';
import { startScriptedModel, type Script, type ScriptedModel } from '../../tools/scripted-model';

export const KEY_VARIABLE = 'SCENE_API_KEY';
export const KEY = 'sk-scene-0123456789abcdef';

export const TOOLS: Readonly<Record<string, AnyTool>> = {
  lookUp: tool({
    description: 'Looks a word up',
    input: z.object({ word: z.string().describe('the word'), limit: z.int().default(1) }),
    output: z.json(),
  }),
  note: tool({ input: z.object({ text: z.string() }), output: z.json() }),
};

export function speaker(use: Partial<ModelUse> = {}, tools: Readonly<Record<string, AnyTool>> = TOOLS): DefinedProgram {
  const model: ModelUse = { tools: Object.keys(TOOLS), output: null, maxOutputTokens: null, temperature: null, ...use };
  return defineProgram({
    name: 'speaker',
    state: z.object({}),
    tools,
    providers: { main: { input: ModelCallSchema, output: ModelResultSchema, model } },
    step: () => complete(),
    reduce: (state) => state,
  });
}

export interface SceneOptions {
  readonly use?: Partial<ModelUse>;
  readonly plugin?: Partial<ModelPluginOptions>;
  readonly program?: DefinedProgram;
  readonly headers?: Readonly<Record<string, string>>;
}

export class ModelScene {
  readonly store = new MemoryArtifacts();
  readonly artifacts = new JsonArtifacts(this.store);
  readonly transcripts = new Transcripts(this.artifacts);
  readonly streams = new ModelStreams();
  readonly server: ScriptedModel;
  readonly plugin: ModelPlugin;

  private constructor(server: ScriptedModel, { use, plugin, program, headers }: SceneOptions) {
    this.server = server;
    const options = {
      baseUrl: server.url,
      model: 'scripted-1',
      apiKeyVariable: KEY_VARIABLE,
      prices: { inputPerMillion: 2, outputPerMillion: 10 },
      ...(headers === undefined ? {} : { headers }),
    };
    this.plugin = new ModelPlugin({
      programs: [program ?? speaker(use)],
      models: { main: openAiCompatible(options, { [KEY_VARIABLE]: KEY }) },
      artifacts: this.store,
      streams: this.streams,
      ...plugin,
    });
  }

  static async open(script: Script, options: SceneOptions = {}): Promise<ModelScene> {
    return new ModelScene(await startScriptedModel(script), options);
  }

  /** An attempt's environment; `cancel()` is the server's cancellation. */
  environment(attempt = 1, workflowType = 'speaker'): MockActivityEnvironment {
    return new MockActivityEnvironment(
      {
        attempt,
        workflowType,
        activityId: 'action-1',
        workflowExecution: { workflowId: 'run-1', runId: 'execution-1' },
      },
      // Failing calls are what the tests are about.
      { logger: new DefaultLogger('ERROR', () => undefined) },
    );
  }

  async run(name: string, input: unknown, environment = this.environment()): Promise<unknown> {
    return await environment.run(this.plugin.activities[name]!, input);
  }

  async answer(
    entries: readonly Entry[],
    transcript: Address | null = null,
    { environment, mcpTools = null }: { environment?: MockActivityEnvironment; mcpTools?: Address | null } = {},
  ): Promise<Answer> {
    const input = { task: 'answer', transcript, entries, mcpTools };
    return ModelResultSchema.parse(await this.run('main', input, environment)) as Answer;
  }

  async compact(transcript: Address, keep: number): Promise<Compaction> {
    return ModelResultSchema.parse(await this.run('main', { task: 'compact', transcript, keep })) as Compaction;
  }

  async messages(transcript: Address): Promise<readonly Json[]> {
    return (await this.transcripts.read(transcript)).map(({ value }) => value);
  }

  async close(): Promise<void> {
    await this.plugin.close();
    await this.server.close();
  }
}

/** Opens scenes and closes them after each test. */
export function scenes(): (script: Script, options?: SceneOptions) => Promise<ModelScene> {
  const open: ModelScene[] = [];
  afterEach(async () => {
    for (const scene of open.splice(0)) await scene.close();
  });
  return async (script, options) => {
    const scene = await ModelScene.open(script, options);
    open.push(scene);
    return scene;
  };
}

export function user(text: string): Entry {
  return { role: 'user', text };
}

export function result(callId: string, value: Json, isError = false, name = 'lookUp'): Entry {
  return { role: 'tool', callId, tool: name, result: value, isError };
}
