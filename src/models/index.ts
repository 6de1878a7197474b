/**
 * `temporal-kernel/models`: language models and MCP servers as activities, in the worker. It needs the packages `ai` and
 * `@ai-sdk/openai-compatible`, and `@modelcontextprotocol/sdk` where there are MCP servers.
 */
export { followModelStream } from './follow-model-stream';
export { COMPACTION_INSTRUCTION, SUMMARY_HEADING } from './compact-task';
export { callMcpTool, listMcpTools, McpServers, type ListedMcpTools, type McpSurroundings } from './mcp-activities';
export type { McpServerOptions } from './mcp-server';
export { MessageSchema, type Message } from './message';
export type { ModelHost, Prices } from './model-host';
export { ModelPlugin, type ModelPluginOptions } from './model-plugin';
export { type ModelStreamEvent, type StreamPlace } from './model-stream';
export { serveModelStreams, type ModelStreamServer, type ModelStreamServerOptions } from './model-stream-server';
export { ModelStreams, type StreamListener } from './model-streams';
export { ModelSetupError, openAiCompatible, type OpenAiCompatibleOptions } from './openai-compatible';
export { Transcripts } from './transcript';
