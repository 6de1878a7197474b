/**
 * A small MCP server for tests, made with the official SDK. It speaks on stdin and stdout; `startHttpMcp` serves the same tools over HTTP.
 * Started as a process: `tsx test/support/mcp-server.ts`.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { z } from 'zod';

/** The tools: each is one thing that a client must be able to take. */
export function mcpTestServer(): McpServer {
  const server = new McpServer({ name: 'tests', version: '1' });
  const text = (said: string) => ({ content: [{ type: 'text' as const, text: said }] });
  server.registerTool(
    'add',
    { description: 'Adds two numbers', inputSchema: { a: z.number(), b: z.number() } },
    ({ a, b }) => text(String(a + b)),
  );
  server.registerTool('fail', { inputSchema: {} }, () => ({
    isError: true,
    ...text(`the shelf is empty, ${process.env['MCP_KEY'] ?? 'no key'}`),
  }));
  server.registerTool('large', { inputSchema: { length: z.int() } }, ({ length }) => text('x'.repeat(length)));
  server.registerTool('key', { inputSchema: {} }, () => text(`the key is ${process.env['MCP_KEY'] ?? 'none'}`));
  server.registerTool('structured', { inputSchema: {}, outputSchema: { pid: z.int() } }, () => ({
    ...text('see structuredContent'),
    structuredContent: { pid: process.pid },
  }));
  server.registerTool('die', { inputSchema: {} }, () => {
    process.exit(3);
  });
  server.registerTool('wait', { inputSchema: {} }, async (_, { signal }) => {
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve);
    });
    return text('stopped');
  });
  server.registerTool('an.odd.name', { inputSchema: {} }, () => text('odd'));
  return server;
}

/** The same over streamable HTTP; a request without the header `x-key: <key>` is refused. */
export async function startHttpMcp(key: string): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = mcpTestServer();
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID });
  await server.connect(transport);
  const http = createServer((request, response) => {
    if (request.headers['x-key'] === key) void transport.handleRequest(request, response);
    else response.writeHead(401).end(`not with the key ${String(request.headers['x-key'])}`);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    close: async () => {
      await server.close();
      http.closeAllConnections();
      http.close();
    },
  };
}

if (require.main === module) void mcpTestServer().connect(new StdioServerTransport());
