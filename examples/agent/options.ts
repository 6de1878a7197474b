/** What the agents' examples can be told on their command line. */
import { parseArgs } from 'node:util';

export interface AgentOptions {
  /** Null: a recorded conversation is played. */
  readonly endpoint: { readonly baseUrl: string; readonly model: string; readonly keyVariable: string | null } | null;
  /** Every question is answered with yes. */
  readonly yes: boolean;
  /** What the example itself takes: a repository, or what a customer says. */
  readonly rest: readonly string[];
}

/** A command line that can't be understood. */
export class OptionsError extends Error {
  override readonly name = 'OptionsError';
}

export const OPTIONS_HELP = `  --model scripted     play a recorded conversation, offline (default)
  --model URL          an endpoint that speaks the OpenAI chat protocol, such as
                       https://api.openai.com/v1 or http://127.0.0.1:11434/v1
  --model-name NAME    what the endpoint calls the model
  --key VARIABLE       the environment variable with the endpoint's key
  --yes                answer every question with yes
  --help               show this
`;

/** @returns null when help is wanted @throws OptionsError */
export function readOptions(args: readonly string[]): AgentOptions | null {
  const { values, positionals } = parsed(args);
  if (values.help) return null;
  const { model, yes } = values;
  if (model === 'scripted') return { endpoint: null, yes, rest: positionals };
  if (!URL.canParse(model)) throw new OptionsError(`--model ${model} is neither "scripted" nor a URL`);
  const name = values['model-name'];
  if (name === undefined) throw new OptionsError('an endpoint needs --model-name: what it calls the model');
  return { endpoint: { baseUrl: model, model: name, keyVariable: values.key ?? null }, yes, rest: positionals };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        model: { type: 'string', default: 'scripted' },
        'model-name': { type: 'string' },
        key: { type: 'string' },
        yes: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new OptionsError(error instanceof Error ? error.message : String(error));
  }
}
