/**
 * `temporal-kernel/agents`: ready programs whose steps are model calls. It runs in the workflow sandbox: what talks to providers is
 * `temporal-kernel/models`, in the worker.
 */
export { NO_ROOM_MARK, RESULTS_BYTES_MAX, SAID_BYTES_MAX } from './entry-room';
export { failureWithUsage, usageInFailure } from './failed-usage';
export { GO_ON, STOP, type LoopBudget } from './loop-budget';
export { MESSAGE_SIGNAL } from './loop-step';
export {
  CALL_MCP_TOOL,
  LIST_MCP_TOOLS,
  MCP_ACTIONS,
  MCP_SERVER_NAME,
  McpCallSchema,
  McpListingSchema,
} from './mcp-tools';
export {
  AnswerSchema,
  ArtifactRefSchema,
  CompactionSchema,
  ENTRIES_BYTES_MAX,
  ENTRIES_MAX,
  EntrySchema,
  FINISHES,
  JsonSchema,
  McpToolsSchema,
  ModelCallSchema,
  ModelResultSchema,
  ToolCallSchema,
  UsageSchema,
  type Answer,
  type Compaction,
  type Entry,
  type McpTools,
  type ModelCall,
  type ModelResult,
  type ModelUse,
  type ToolCall,
  type Usage,
} from './model-call';
export { anyOf, hasToolCall, STEPS_MAX_DEFAULT, stepCountIs, type StopWhen } from './stop-when';
export { KEEP_DEFAULT, toolLoop, type ToolLoopDefinition, type ToolLoopInput } from './tool-loop';
export { type Progress, type Spending, type ToolLoopState } from './tool-loop-state';
export { RESULT_INLINE_LENGTH_MAX } from './tool-results';
