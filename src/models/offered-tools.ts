/** The tools that a model is offered: the program's own, and those of MCP servers. What each takes, and how a call is checked. */
import { jsonSchema, tool as sdkTool, type ToolSet } from 'ai';
import { z } from 'zod';
import type { McpTools, ModelUse } from '../agents';
import { checkSchema, isPlainObject, KernelError, messageOf, type DefinedProgram, type Json } from '../kernel';
import { mcpValidator } from './mcp-sdk';

/** A JSON schema of an object, as providers want it. */
export type ObjectSchema = Readonly<Record<string, Json>>;

export interface OfferedTool {
  readonly description: string;
  readonly inputSchema: ObjectSchema;
  /** Why an input does not fit; null when it does. */
  readonly misfit: (input: Json) => string | null;
}

export type OfferedTools = ReadonlyMap<string, OfferedTool>;

/** Names that all providers take. */
const TOOL_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * The program's own tools that its model is offered.
 *
 * @throws KernelError `InvalidProgram` for a tool that a model can't be offered
 */
export function programTools(program: DefinedProgram, { tools: names }: ModelUse): OfferedTools {
  return new Map(names.map((name) => [name, offeredTool(program, name)]));
}

/** The tools of MCP servers, each with the check of its inputs. */
export function mcpToolsOffered(tools: McpTools): OfferedTools {
  if (tools.length === 0) return new Map();
  const ajv = mcpValidator();
  return new Map(
    tools.map(({ name, description, inputSchema }) => {
      const schema = inputSchema as ObjectSchema;
      return [name, { description, inputSchema: schema, misfit: misfitBy(ajv, schema) }];
    }),
  );
}

/** Tools as the AI SDK offers them. Without `execute` it only says what the model asks for. */
export function sdkTools(tools: OfferedTools): ToolSet {
  return Object.fromEntries(
    [...tools].map(([name, { description, inputSchema }]) => [
      name,
      sdkTool({ description, inputSchema: jsonSchema(inputSchema as Parameters<typeof jsonSchema>[0]) }),
    ]),
  );
}

function offeredTool(program: DefinedProgram, name: string): OfferedTool {
  const refuse = (reason: string): KernelError =>
    new KernelError(
      'InvalidProgram',
      `a model of program ${program.name} can't be offered the tool ${name}: ${reason}`,
    );
  if (!TOOL_NAME.test(name)) throw refuse('providers take names of letters, digits, _ and -, 64 at most');
  const definition = Object.hasOwn(program.tools, name) ? program.tools[name] : undefined;
  if (definition === undefined) throw refuse('the program has no such tool');
  const inputSchema = objectSchemaOf(definition.input, refuse);
  return {
    description: definition.description ?? '',
    inputSchema,
    misfit: (input) => {
      const checked = checkSchema(definition.input, input);
      return checked.ok ? null : checked.reason;
    },
  };
}

function objectSchemaOf(schema: unknown, refuse: (reason: string) => KernelError): ObjectSchema {
  let found: unknown;
  try {
    found = z.toJSONSchema(schema as z.ZodType, { io: 'input' });
  } catch (error) {
    throw refuse(`its input has no JSON schema (${messageOf(error)})`);
  }
  const rest = JSON.parse(JSON.stringify({ ...(found as object), $schema: undefined })) as Record<string, Json>;
  if (rest['type'] === undefined) return { type: 'object', ...rest };
  if (rest['type'] === 'object') return rest;
  throw refuse('its input is no object');
}

type Validators = ReturnType<typeof mcpValidator>;

/** The server checks its inputs too: a schema that can't be read here must not keep a model from calling its tool. */
function misfitBy(ajv: Validators, schema: ObjectSchema): OfferedTool['misfit'] {
  let validate: ReturnType<Validators['getValidator']> | null | undefined;
  return (input) => {
    if (!isPlainObject(input)) return 'the input is no object';
    // Most tools of most calls are offered only: their schemas are never compiled.
    if (validate === undefined) validate = validatorOf(ajv, schema);
    const result = validate?.(input);
    return result === undefined || result.valid ? null : result.errorMessage;
  };
}

function validatorOf(ajv: Validators, schema: ObjectSchema): ReturnType<Validators['getValidator']> | null {
  try {
    return ajv.getValidator(schema);
  } catch {
    return null;
  }
}
