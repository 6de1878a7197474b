/** The shop's MCP server: two tools on stdin and stdout, by the official SDK. A real one would have a database behind it. */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

const ORDERS: Readonly<Record<string, { readonly item: string; readonly cents: number; readonly state: string }>> = {
  'A-17': { item: 'a blue teapot', cents: 3_900, state: 'lost by the carrier' },
  'A-18': { item: 'six cups', cents: 2_400, state: 'delivered' },
};

const text = (said: string) => ({ content: [{ type: 'text' as const, text: said }] });

const shop = new McpServer({ name: 'shop', version: '1.0.0' });
shop.registerTool('lookUp', { description: 'Looks an order up.', inputSchema: { order: z.string() } }, ({ order }) => {
  const found = Object.hasOwn(ORDERS, order) ? ORDERS[order] : undefined;
  return found === undefined ? { ...text(`there is no order ${order}`), isError: true } : text(JSON.stringify(found));
});
shop.registerTool(
  'refund',
  { description: 'Pays an order back.', inputSchema: { order: z.string(), cents: z.number().int().positive() } },
  ({ order, cents }) => text(`${cents} cents for ${order} are on their way`),
);

void shop.connect(new StdioServerTransport());
