/** MCP servers as two activities: one says which tools there are, one calls them. */
import { z } from 'zod';
import { Context } from '@temporalio/activity';
import { calledTool, toolContext } from '../activities';
import { MCP_SERVER_NAME, type McpTools } from '../agents';
import type { JsonArtifacts } from '../artifacts';
import {
  ActionFailed,
  actionErrorOf,
  canonicalJson,
  checkSchema,
  isArtifactRef,
  KernelError,
  permanent,
  type ArtifactRef,
  type Json,
  type ProgramSet,
} from '../kernel';
import { MCP_TOOLS_MAX, McpServer, type McpServerOptions } from './mcp-server';
import { Redactor } from './redactor';

/** What comes out of `listMcpTools`. */
export interface ListedMcpTools {
  /** What the model calls them (`server__tool`), sorted. */
  readonly tools: readonly string[];
  /** `McpTools`: their descriptions and schemas. */
  readonly descriptors: ArtifactRef;
}

/** A larger result, as canonical JSON in bytes, is kept as an artifact. */
export const MCP_RESULT_BYTES_MAX = 2_048;

const SERVERS_MAX = 32;

const ListInputSchema = z.strictObject({ servers: z.array(z.string()).max(SERVERS_MAX) });

const CallInputSchema = z.strictObject({
  name: z.string(),
  arguments: z.record(z.string(), z.json()),
});

export interface McpSurroundings {
  readonly programs: ProgramSet;
  readonly artifacts: JsonArtifacts;
  readonly secrets: readonly string[];
}

/** The servers of a worker. */
export class McpServers {
  readonly #servers: ReadonlyMap<string, McpServer>;

  /** @throws KernelError `InvalidProgram` for a name that can't be part of a tool's name */
  constructor(options: Readonly<Record<string, McpServerOptions>>) {
    for (const name of Object.keys(options)) {
      if (MCP_SERVER_NAME.test(name)) continue;
      throw new KernelError(
        'InvalidProgram',
        `an MCP server can't be called ${JSON.stringify(name)}: letters and digits, with single _ or - between them, 32 at most`,
      );
    }
    this.#servers = new Map(Object.entries(options).map(([name, each]) => [name, new McpServer(name, each)]));
  }

  /** What the servers are given and must not leave the worker. */
  get secrets(): readonly string[] {
    return [...this.#servers.values()].flatMap(({ secrets }) => secrets);
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    await Promise.all(
      [...this.#servers.values()].map(async (server) => {
        await server.close();
      }),
    );
  }

  /** @throws ActionFailed `permanent` */
  named(name: string): McpServer {
    const server = this.#servers.get(name);
    if (server !== undefined) return server;
    throw permanent(`this worker has no MCP server ${name}; it has: ${[...this.#servers.keys()].join(', ') || 'none'}`);
  }
}

/** `listMcpTools`: which tools the servers have. */
export function listMcpTools(servers: McpServers, surroundings: McpSurroundings) {
  return async (input: unknown): Promise<ListedMcpTools> => {
    return await attempt('listMcpTools', surroundings, async (signal, redactor) => {
      const checked = checkSchema(ListInputSchema, input);
      if (!checked.ok) throw permanent(`input of listMcpTools breaks its schema: ${checked.reason}`);
      const named = [...new Set(checked.value.servers)].sort().map((name) => servers.named(name));
      const listed = (await Promise.all(named.map(async (server) => await server.list(signal)))).flat();
      if (listed.length > MCP_TOOLS_MAX) {
        throw permanent(`the MCP servers have ${listed.length} tools together: ${MCP_TOOLS_MAX} are possible`);
      }
      const tools = redactor.redactJson(sorted(listed)) as unknown as McpTools;
      const descriptors = await surroundings.artifacts.put(tools);
      return { tools: tools.map(({ name }) => name), descriptors };
    });
  };
}

/** `callMcpTool`: one call. What it gives is an artifact where it is large. */
export function callMcpTool(servers: McpServers, surroundings: McpSurroundings) {
  return async (input: unknown): Promise<Json> => {
    return await attempt('callMcpTool', surroundings, async (signal, redactor) => {
      const checked = checkSchema(CallInputSchema, input);
      if (!checked.ok) throw permanent(`input of callMcpTool breaks its schema: ${checked.reason}`);
      const { name, arguments: given } = checked.value;
      const [server = ''] = name.split('__');
      const result = await servers.named(server).call(name, given, signal, redactor);
      const isLarge = Buffer.byteLength(canonicalJson(result)) > MCP_RESULT_BYTES_MAX;
      // What looks like a reference is one to whoever reads it: what a server says must not be.
      return isLarge || isArtifactRef(result)
        ? ((await surroundings.artifacts.put(result)) as unknown as Json)
        : result;
    });
  };
}

async function attempt<T>(
  name: string,
  { programs, artifacts, secrets }: McpSurroundings,
  run: (signal: AbortSignal, redactor: Redactor) => Promise<T>,
): Promise<T> {
  const redactor = new Redactor(secrets);
  try {
    const { workflowType } = Context.current().info;
    const called = calledTool(programs, workflowType, name);
    if (called === null) throw permanent(`no program here has a tool ${name} for a run of ${workflowType ?? '?'}`);
    return await run(toolContext(Context.current(), called.tool, artifacts).signal, redactor);
  } catch (error) {
    // Made anew: what was thrown may carry requests and their headers.
    const { kind, message, retryAfterMs } = actionErrorOf(error);
    throw new ActionFailed(kind, redactor.redact(message), retryAfterMs);
  }
}

function sorted(tools: McpTools): McpTools {
  return [...tools].sort((a, b) => (a.name < b.name ? -1 : 1));
}
