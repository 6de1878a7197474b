/** LangGraph: a graph of one node that leads to itself, with `durability: 'sync'`, whatever keeps its checkpoints. */
import { randomUUID } from 'node:crypto';
import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import { tick } from './tick.mjs';

const State = Annotation.Root({ steps: Annotation(), done: Annotation() });

/** Gives what does a run of so many steps. */
export function runsWith(checkpointer) {
  const graph = new StateGraph(State)
    .addNode('tick', async ({ done }) => ({ done: await tick(done) }))
    .addEdge(START, 'tick')
    .addConditionalEdges('tick', ({ steps, done }) => (done < steps ? 'tick' : END))
    .compile({ checkpointer });
  return async (steps) => {
    const { done } = await graph.invoke(
      { steps, done: 0 },
      // A step of the graph is not counted beyond this; the default is 25.
      { configurable: { thread_id: randomUUID() }, durability: 'sync', recursionLimit: steps + 1 },
    );
    return done;
  };
}
