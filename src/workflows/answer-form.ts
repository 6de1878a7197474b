/**
 * The form of an answer, as a JSON Schema, for whoever asks a run what it waits for. It is made when somebody asks, and is in no log: how a
 * schema is printed may change with the library that prints it.
 */
import {
  decodeAction,
  type AnyTool,
  type Ask,
  type Ballot,
  type DefinedProgram,
  type Program,
  type Schema,
} from '../kernel';

/** A JSON Schema of an ask's answer; null where there is none to be had. */
export function formOf(program: Program | DefinedProgram, ask: Ask | null, { proposal }: Ballot): unknown {
  switch (ask?.kind) {
    case 'question':
      return ask.form === undefined || !('forms' in program) ? null : printed(program.forms[ask.form]);
    case 'choice':
      return { type: 'string', enum: ask.options ?? [] };
    case 'approval': {
      const input = proposal === null || !('tools' in program) ? null : printed(toolOf(program, proposal)?.input);
      return {
        type: 'object',
        properties: {
          decision: { type: 'string', enum: ['approve', 'deny'] },
          reason: { type: 'string' },
          ...(input === null ? {} : { input }),
        },
        required: ['decision'],
        additionalProperties: false,
      };
    }
    case undefined:
      return null;
  }
}

function toolOf(
  { tools, providers }: DefinedProgram,
  proposal: Parameters<typeof decodeAction>[0],
): AnyTool | undefined {
  const action = decodeAction(proposal);
  if (action.type === 'CallTool') return tools[action.tool];
  return action.type === 'CallLLM' ? providers[action.provider] : undefined;
}

/** Zod's schemas print themselves. */
function printed(schema: Schema | undefined): unknown {
  const { toJSONSchema } = (schema ?? {}) as { readonly toJSONSchema?: unknown };
  if (typeof toJSONSchema !== 'function') return null;
  try {
    return JSON.parse(JSON.stringify((toJSONSchema as (this: unknown) => unknown).call(schema))) as unknown;
  } catch {
    // Not every schema has a JSON Schema.
    return null;
  }
}
