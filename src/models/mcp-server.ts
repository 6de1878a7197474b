/**
 * One MCP server as a worker has it: one connection, made when it is first needed and again when it broke. The official SDK speaks the
 * protocol; here is what its failures mean, and what a model calls its tools.
 */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { McpTools } from '../agents';
import {
  ActionFailed,
  canonicalJson,
  messageOf,
  permanent,
  sealJson,
  sha256Hex,
  transient,
  type Json,
} from '../kernel';
import { beginningOf } from './bounded-text';
import { contentOf, textOf } from './mcp-content';
import { mcpClient } from './mcp-sdk';
import type { Redactor } from './redactor';
import { secretsInUrl, secretsOf } from './secret-settings';

/** How a server is reached: started as a process that speaks on stdin and stdout, or over streamable HTTP. */
export type McpServerOptions =
  | {
      readonly command: string;
      readonly args?: readonly string[];
      /** More variables for the process. Values of eight characters and more are treated as secrets. */
      readonly env?: Readonly<Record<string, string>>;
    }
  | {
      readonly url: string;
      /** Headers for every request. Values of eight characters and more are treated as secrets. */
      readonly headers?: Readonly<Record<string, string>>;
    };

/** Most tools of one server. */
export const MCP_TOOLS_MAX = 256;

const DESCRIPTION_LENGTH_MAX = 4_000;
const SCHEMA_BYTES_MAX = 65_536;
const NAME_LENGTH_MAX = 64;

/** The attempt's own signal limits a call; the SDK's limit is out of the way. In milliseconds: the longest that a timer can. */
const NO_TIMEOUT_MS = 2_147_483_647;

/** Codes of the SDK's errors that say something of the connection, and nothing of the call. */
const CONNECTION_CLOSED = -32_000;
const REQUEST_TIMEOUT = -32_001;
const INTERNAL_ERROR = -32_603;

type McpTool = McpTools[number];

export class McpServer {
  readonly name: string;
  readonly secrets: readonly string[];
  readonly #options: McpServerOptions;
  #connection: Promise<Client> | null = null;
  /** The client of the newest connection. */
  #client: Client | null = null;
  /** The tools of the last list, by what a model calls them. */
  #tools: ReadonlyMap<string, McpTool> | null = null;

  constructor(name: string, options: McpServerOptions) {
    this.name = name;
    this.#options = options;
    this.secrets =
      'url' in options
        ? [...secretsOf(options.headers ?? {}), ...secretsInUrl(options.url)]
        : secretsOf(options.env ?? {});
  }

  /** Its tools, sorted by name. @throws ActionFailed */
  async list(signal: AbortSignal): Promise<McpTools> {
    return await this.#asked(signal, async (client) => {
      const tools = new Map<string, McpTool>();
      let cursor: string | undefined;
      do {
        const page = await client.listTools(cursor === undefined ? {} : { cursor }, { signal });
        for (const tool of page.tools) {
          if (tools.size >= MCP_TOOLS_MAX) throw permanent(`more than ${MCP_TOOLS_MAX} tools`);
          const name = this.#freeName(tool.name, tools);
          const description = beginningOf((tool.description ?? '').toWellFormed(), DESCRIPTION_LENGTH_MAX);
          tools.set(name, {
            name,
            server: this.name,
            tool: tool.name,
            description,
            inputSchema: schemaOf(tool.inputSchema),
          });
        }
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      this.#tools = tools;
      return [...tools.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    });
  }

  /** What a tool gives. @throws ActionFailed `permanent` with its text when the tool failed */
  async call(name: string, input: Json, signal: AbortSignal, redactor: Redactor): Promise<Json> {
    if (this.#tools?.has(name) !== true) await this.list(signal);
    const tool = this.#tools?.get(name)?.tool;
    if (tool === undefined) throw permanent(`MCP server ${this.name} has no tool ${name}`);
    return await this.#asked(signal, async (client) => {
      const params = { name: tool, arguments: input as Record<string, unknown> };
      const result = await client.callTool(params, undefined, { signal, timeout: NO_TIMEOUT_MS });
      if (result.isError === true) throw permanent(beginningOf(redactor.redact(textOf(result)), 2_000));
      return redactor.redactJson(contentOf(result));
    });
  }

  /** Ends the connection. The next call makes a new one. */
  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    this.#tools = null;
    if (connection === null) return;
    try {
      await (await connection).close();
    } catch {
      // One that could not be made, or is lost already, needs no end.
    }
  }

  async #asked<T>(signal: AbortSignal, ask: (client: Client) => Promise<T>): Promise<T> {
    let client: Client;
    try {
      this.#connection ??= this.#connect();
      client = await this.#connection;
    } catch (error) {
      this.#connection = null;
      throw failure(`MCP server ${this.name} can't be reached`, error);
    }
    try {
      return await ask(client);
    } catch (error) {
      if (signal.aborted) throw transient(`MCP server ${this.name}: the call was stopped`);
      // Other calls may have a new connection already.
      if (isLost(error) && this.#client === client) await this.close();
      throw failure(`MCP server ${this.name}`, error);
    }
  }

  async #connect(): Promise<Client> {
    const { Client: McpClient } = mcpClient();
    const client = new McpClient({ name: 'temporal-kernel', version: '1' });
    this.#client = client;
    client.onclose = () => {
      // A new one may be there already.
      if (this.#client === client) this.#connection = null;
    };
    await client.connect(this.#transport());
    return client;
  }

  #transport(): Transport {
    const { StdioClientTransport, StreamableHTTPClientTransport } = mcpClient();
    const options = this.#options;
    if ('url' in options) {
      const requestInit = options.headers === undefined ? {} : { headers: { ...options.headers } };
      // The SDK's own type is not written for exact optional members.
      return new StreamableHTTPClientTransport(new URL(options.url), { requestInit });
    }
    const { command, args = [], env } = options;
    // What the process writes to stderr could be anything, keys included.
    return new StdioClientTransport({
      command,
      args: [...args],
      stderr: 'ignore',
      ...(env === undefined ? {} : { env: { ...env } }),
    });
  }

  /** `server__tool`, in characters that every provider takes. */
  #freeName(tool: string, taken: ReadonlyMap<string, McpTool>): string {
    const plain = `${this.name}__${tool.replace(/[^A-Za-z0-9_-]/g, '_')}`;
    if (plain.length <= NAME_LENGTH_MAX && !taken.has(plain)) return plain;
    return `${plain.slice(0, NAME_LENGTH_MAX - 9)}_${sha256Hex(tool).slice(0, 8)}`;
  }
}

/** A schema that is too large is left out: the server checks its inputs itself. */
function schemaOf(schema: unknown): McpTool['inputSchema'] {
  const sealed = sealJson(JSON.parse(JSON.stringify(schema)));
  const isSmall = Buffer.byteLength(canonicalJson(sealed)) <= SCHEMA_BYTES_MAX;
  return (isSmall ? sealed : { type: 'object' }) as McpTool['inputSchema'];
}

/** Whether a connection is of no use any more. */
function isLost(error: unknown): boolean {
  if (error instanceof ActionFailed) return false;
  const code = codeOf(error);
  return code === CONNECTION_CLOSED || code === 404 || code === null;
}

/** Another attempt may help where the connection failed, and not where the server said no. */
function failure(what: string, error: unknown): ActionFailed {
  const text = `${what}: ${messageOf(error)}`;
  if (error instanceof ActionFailed) return new ActionFailed(error.kind, text, error.retryAfterMs);
  const code = codeOf(error);
  if (code === 'ENOENT' || code === 'EACCES') return permanent(text);
  if (typeof code !== 'number') return transient(text);
  if (code > 0)
    return code === 404 || code === 408 || code === 409 || code === 429 || code >= 500
      ? transient(text)
      : permanent(text);
  const comesAndGoes = code === CONNECTION_CLOSED || code === REQUEST_TIMEOUT || code === INTERNAL_ERROR;
  return comesAndGoes ? transient(text) : permanent(text);
}

/** A number is the protocol's code, or the status of HTTP. */
function codeOf(error: unknown): string | number | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' || typeof error.code === 'number' ? error.code : null;
}
