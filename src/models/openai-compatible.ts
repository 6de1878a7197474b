/** Models behind any endpoint that speaks the OpenAI chat protocol: hosted ones, and local servers. */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { ModelHost, Prices } from './model-host';
import { secretsInUrl, secretsOf } from './secret-settings';

export interface OpenAiCompatibleOptions {
  /** Where the protocol begins, without `/chat/completions`: `http://127.0.0.1:11434/v1`. */
  readonly baseUrl: string;
  /** What the endpoint calls the model. */
  readonly model: string;
  /** The environment variable that holds the key. Default: none is sent. */
  readonly apiKeyVariable?: string;
  /** More headers for every request. Values of eight characters and more are treated as secrets. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly prices?: Prices;
  /**
   * Whether the endpoint takes a JSON schema for structured output. Default true. Where it does not, it is asked for JSON alone, and
   * the program's instructions must say in which form.
   */
  readonly takesSchemas?: boolean;
}

/** A model that can't be set up. Match on `code`, not on the class. */
export class ModelSetupError extends Error {
  override readonly name = 'ModelSetupError';
  readonly code = 'InvalidModelSetup';

  constructor(wrong: string, advice: string) {
    super(`${wrong}\nWhat to do: ${advice}`);
  }
}

/**
 * A model of an OpenAI-compatible endpoint. The key is read now and stays in the worker.
 *
 * @throws ModelSetupError when the key's variable is not set, or the URL is none
 */
export function openAiCompatible(options: OpenAiCompatibleOptions, env: NodeJS.ProcessEnv = process.env): ModelHost {
  const { model, prices, headers = {}, takesSchemas = true } = options;
  const baseURL = urlOf(options);
  const apiKey = keyOf(options, env);
  const provider = createOpenAICompatible({
    name: 'openai-compatible',
    baseURL,
    includeUsage: true,
    supportsStructuredOutputs: takesSchemas,
    headers: { ...headers },
    ...(apiKey === null ? {} : { apiKey }),
  });
  return {
    model: provider.chatModel(model),
    secrets: [...(apiKey === null ? [] : [apiKey]), ...secretsOf(headers), ...secretsInUrl(baseURL)],
    ...(prices === undefined ? {} : { prices }),
  };
}

function urlOf({ baseUrl, model }: OpenAiCompatibleOptions): string {
  if (URL.canParse(baseUrl) && /^https?:$/.test(new URL(baseUrl).protocol)) return baseUrl.replace(/\/+$/, '');
  throw new ModelSetupError(
    `the base URL of the model ${model} is no URL of http or https`,
    'give the address of the endpoint up to and with its version, like https://api.openai.com/v1.',
  );
}

function keyOf({ apiKeyVariable, model }: OpenAiCompatibleOptions, env: NodeJS.ProcessEnv): string | null {
  if (apiKeyVariable === undefined) return null;
  const key = env[apiKeyVariable]?.trim() ?? '';
  if (key !== '') return key;
  throw new ModelSetupError(
    `${apiKeyVariable} is not set, and the model ${model} needs the key that it holds`,
    `set ${apiKeyVariable} to the endpoint's key, or leave apiKeyVariable out for an endpoint without one.`,
  );
}
