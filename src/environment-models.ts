/**
 * The models and MCP servers that a worker's environment names, with errors that say what to do. The packages that they need are loaded only
 * where one is named.
 */
import { createRequire } from 'node:module';
import type { WorkerPlugin } from '@temporalio/worker';
import { z } from 'zod';
import type { ArtifactStore } from './artifacts';
import { isAddress, Variables, WorkerEnvironmentError, type WorkerVariable } from './environment-variables';
import { checkSchema, messageOf, type DefinedProgram } from './kernel';

const PricesSchema = z.strictObject({
  inputPerMillion: z.number().nonnegative(),
  outputPerMillion: z.number().nonnegative(),
});

const TextsSchema = z.record(z.string(), z.string());

const ModelsSchema = z.record(
  z.string(),
  z.strictObject({
    baseUrl: z.url({ protocol: /^https?$/ }),
    model: z.string().min(1),
    apiKeyVariable: z.string().min(1).exactOptional(),
    headers: TextsSchema.exactOptional(),
    prices: PricesSchema.exactOptional(),
    takesSchemas: z.boolean().exactOptional(),
  }),
);

const McpSchema = z.record(
  z.string(),
  z.union([
    z.strictObject({
      command: z.string().min(1),
      args: z.array(z.string()).exactOptional(),
      env: TextsSchema.exactOptional(),
    }),
    z.strictObject({ url: z.url({ protocol: /^https?$/ }), headers: TextsSchema.exactOptional() }),
  ]),
);

/** What a process is told of models. */
export interface ModelEnvironment {
  readonly models: z.output<typeof ModelsSchema>;
  readonly mcp: z.output<typeof McpSchema>;
  /** Where streams are served; null for nowhere. */
  readonly streams: { readonly host: string; readonly port: number } | null;
}

/** What runs beside a worker with models. */
export interface WorkersModels {
  readonly plugins: readonly WorkerPlugin[];
  close(): Promise<void>;
}

const NOTHING: WorkersModels = { plugins: [], close: () => Promise.resolve() };

const MODELS_ADVICE =
  'give JSON like {"main": {"baseUrl": "https://api.openai.com/v1", "model": "gpt-5", "apiKeyVariable": "OPENAI_API_KEY"}}: ' +
  'each name that programs use, with where its endpoint is.';

const MCP_ADVICE =
  'give JSON like {"files": {"command": "npx", "args": ["some-server"]}, "web": {"url": "https://…/mcp"}}: each name that ' +
  'programs use, with how its server is reached.';

/**
 * Reads what the environment says of models; null when it names none.
 *
 * @throws WorkerEnvironmentError
 */
export function readModelEnvironment(env: NodeJS.ProcessEnv): ModelEnvironment | null {
  const variables = new Variables(env);
  const models = read(variables, 'TEMPORAL_KERNEL_MODELS', ModelsSchema, MODELS_ADVICE);
  const mcp = read(variables, 'TEMPORAL_KERNEL_MCP', McpSchema, MCP_ADVICE);
  const streams = streamsAddress(variables);
  if (streams !== null && Object.keys(models ?? {}).length === 0) {
    throw new WorkerEnvironmentError(
      'TEMPORAL_KERNEL_STREAMS',
      'is set, and there is no model whose words could be followed there',
      'name models in TEMPORAL_KERNEL_MODELS, or leave it out.',
    );
  }
  if (models === null && mcp === null) return null;
  for (const [name, { apiKeyVariable }] of Object.entries(models ?? {})) {
    if (apiKeyVariable === undefined || (env[apiKeyVariable]?.trim() ?? '') !== '') continue;
    throw new WorkerEnvironmentError(
      'TEMPORAL_KERNEL_MODELS',
      `says that the key of the model ${name} is in ${apiKeyVariable}, which is not set`,
      `set ${apiKeyVariable}, or leave apiKeyVariable out for an endpoint without a key.`,
    );
  }
  return { models: models ?? {}, mcp: mcp ?? {}, streams };
}

/**
 * Makes the plugin of the models that the environment names.
 *
 * @throws WorkerEnvironmentError where it needs what is not there
 */
export async function startModels(
  environment: ModelEnvironment | null,
  programs: readonly DefinedProgram[],
  artifacts: ArtifactStore | null,
  env: NodeJS.ProcessEnv,
): Promise<WorkersModels> {
  if (environment === null) return NOTHING;
  if (artifacts === null) {
    throw new WorkerEnvironmentError(
      'TEMPORAL_KERNEL_ARTIFACTS',
      'is not set, and models keep conversations there',
      'set it to a place that all workers of the task queue share.',
    );
  }
  const { ModelPlugin, ModelStreams, openAiCompatible, serveModelStreams } = loadModels();
  const models = Object.entries(environment.models).map(([name, each]) => [name, openAiCompatible(each, env)] as const);
  const streams = new ModelStreams();
  const plugin = new ModelPlugin({
    programs,
    artifacts,
    streams,
    models: Object.fromEntries(models),
    mcp: environment.mcp,
  });
  const server = environment.streams === null ? null : await serveModelStreams(streams, environment.streams);
  return {
    plugins: [plugin],
    close: async () => {
      await server?.close();
      await plugin.close();
    },
  };
}

/** The values are not in the text of an error: headers and variables have keys in them. */
function read<T>(variables: Variables, variable: WorkerVariable, schema: z.ZodType<T>, advice: string): T | null {
  const text = variables.text(variable);
  if (text === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new WorkerEnvironmentError(variable, 'is no JSON', advice);
  }
  const checked = checkSchema(schema, value);
  if (checked.ok) return checked.value;
  throw new WorkerEnvironmentError(variable, `is not what it must be: ${checked.reason}`, advice);
}

function streamsAddress(variables: Variables): ModelEnvironment['streams'] {
  const text = variables.text('TEMPORAL_KERNEL_STREAMS');
  if (text === null) return null;
  const at = text.lastIndexOf(':');
  if (isAddress(text, '')) return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) };
  throw new WorkerEnvironmentError(
    'TEMPORAL_KERNEL_STREAMS',
    `is ${JSON.stringify(text)}`,
    'give it as host:port, like 127.0.0.1:7300, or leave it out.',
  );
}

function loadModels(): typeof import('./models') {
  try {
    return createRequire(__filename)('./models') as typeof import('./models');
  } catch (error) {
    throw new WorkerEnvironmentError(
      'TEMPORAL_KERNEL_MODELS',
      `needs packages that can't be loaded: ${messageOf(error)}`,
      'npm install ai @ai-sdk/openai-compatible @modelcontextprotocol/sdk',
      { cause: error },
    );
  }
}
