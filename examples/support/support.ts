/**
 * A support agent: it looks orders up and pays them back with the tools of an MCP server. Refunds need somebody of the shop, and when its
 * budget is spent it asks for more instead of hanging up.
 */
import { toolLoop } from '../../src/agents';

export const support = toolLoop({
  name: 'support',
  description: 'Answers customers of a shop.',
  model: 'agent',
  instructions:
    'You answer customers of a small shop. Look their orders up before you say anything about them. Refund what is late or broken. Be brief and kind.',
  mcp: ['shop'],
  approvals: { shop__refund: { reason: 'it is money', rules: { who: { roles: ['shop'] } } } },
  budget: { calls: 2, then: 'ask', rules: { who: { roles: ['shop'] } } },
  conversation: true,
});
