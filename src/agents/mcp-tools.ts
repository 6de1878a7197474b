/** The tools of MCP servers in a program: what lists them and what calls them. A worker with the servers does both. */
import { z } from 'zod';
import type { AnyTool } from '../kernel';
import { ArtifactRefSchema, JsonSchema } from './model-call';

/** What an MCP server may be called: without `__`, so that it is clear where its name ends. */
export const MCP_SERVER_NAME = /^(?=.{1,32}$)[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)*$/;

/** The action that lists the tools of MCP servers. */
export const LIST_MCP_TOOLS = 'listMcpTools';

/** The action that calls a tool of an MCP server. */
export const CALL_MCP_TOOL = 'callMcpTool';

/** What lists the tools: their names as the model calls them, `server__tool`, and the artifact that describes them. */
export const McpListingSchema = z.strictObject({ tools: z.array(z.string()), descriptors: ArtifactRefSchema });

/** What calls one. */
export const McpCallSchema = z.strictObject({ name: z.string(), arguments: JsonSchema });

/** The two actions, as a program declares them. */
export const MCP_ACTIONS: Readonly<Record<string, AnyTool>> = {
  [LIST_MCP_TOOLS]: {
    description: 'Lists the tools of MCP servers.',
    input: z.strictObject({ servers: z.array(z.string()) }),
    output: McpListingSchema,
    heartbeatTimeoutMs: 15_000,
    summary: ({ servers }: { readonly servers: readonly string[] }) => `tools of ${servers.join(', ')}`,
  },
  [CALL_MCP_TOOL]: {
    description: 'Calls a tool of an MCP server.',
    input: McpCallSchema,
    output: JsonSchema,
    heartbeatTimeoutMs: 15_000,
    summary: ({ name }: { readonly name: string }) => name,
  },
};
