/** Which calls of a tool loop people must approve. */
import type { Action, ApprovalRules, Policy } from '../kernel';
import { CALL_MCP_TOOL } from './mcp-tools';

/** Asks people before the named calls are made; those of MCP servers have the names that the model uses. */
export function approvalPolicy(inner: Policy, approvals: Readonly<Record<string, ApprovalRules>>): Policy {
  return {
    authorize(runId, action, ctx) {
      const authorization = inner.authorize(runId, action, ctx);
      const name = calledName(action);
      const needs = name !== null && Object.hasOwn(approvals, name) ? approvals[name] : undefined;
      if (authorization.type !== 'allow' || needs === undefined || needs.when?.(action) === false) return authorization;
      const { rules } = needs;
      // The kernel's question names the action; who is asked wants to know which tool it calls.
      const reason = action.type !== 'CallTool' || name === action.tool ? needs.reason : `${name}: ${needs.reason}`;
      return { type: 'ask', reason, ...(rules === undefined ? {} : { rules }) };
    },
    retryStrategyAttempt: (error, action, attempt) => inner.retryStrategyAttempt(error, action, attempt),
    budget: () => inner.budget?.() ?? {},
  };
}

/** What the model calls an action; null for what it can't call. */
function calledName(action: Action): string | null {
  if (action.type !== 'CallTool') return null;
  if (action.tool !== CALL_MCP_TOOL) return action.tool;
  const { input } = action;
  const name = typeof input === 'object' && input !== null && 'name' in input ? input['name'] : null;
  return typeof name === 'string' ? name : null;
}
