/**
 * `temporal-kernel/agents`: ready programs whose steps are model calls. It runs in the workflow sandbox: what talks to providers is
 * `temporal-kernel/models`, in the worker.
 */
export {
  AnswerSchema,
  ArtifactRefSchema,
  CompactionSchema,
  ENTRIES_MAX,
  EntrySchema,
  FINISHES,
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
