/** LangGraph with its PostgreSQL checkpointer, and the pool that it makes for itself. */
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';
import { runsWith } from './langgraph-runs.mjs';

export async function open({ postgresUrl }) {
  const checkpointer = PostgresSaver.fromConnString(postgresUrl, { schema: 'langgraph' });
  await checkpointer.setup();
  return { run: runsWith(checkpointer), close: () => checkpointer.end() };
}
