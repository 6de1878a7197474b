/**
 * The twin: the same run once more, in process and undisturbed. No server, no worker, no history: the kernel alone, with the
 * same run id, the same start and the same answers. Its hashes must be those of the run on Temporal, to the last.
 */
import {
  Chain,
  checkSchema,
  genesisHash,
  Kernel,
  permanent,
  type ActionExecutor,
  type Hash,
  type Json,
} from '../../../src/kernel';
import { MemoryStore } from '../../../src/stores';
import { licenceAuditor } from '../licence-auditor';

/** @returns the chained hash of every event, in order */
export async function hashesOfTwin(runId: string, initialState: unknown, answers: readonly Json[]): Promise<Hash[]> {
  const events = new MemoryStore();
  const kernel = new Kernel({ program: licenceAuditor, events, executor: new InProcessExecutor() });
  await kernel.runUntilBlocked(runId, initialState);
  for (const value of answers) await kernel.resume(runId, initialState, { type: 'resume', value });

  let state = licenceAuditor.initialState(initialState);
  const chain = new Chain(runId, genesisHash(runId, licenceAuditor.name, state));
  return (await events.scan(runId, 1)).map((sequenced) => {
    state = licenceAuditor.reduce(state, sequenced.event, sequenced.seq);
    return chain.add({ ...sequenced, state }).hash;
  });
}

/** Calls the tools where it stands, and counts attempts as a server would. */
class InProcessExecutor implements ActionExecutor {
  readonly #attempts = new Map<string, number>();

  async execute(...[runId, action, actionId]: Parameters<ActionExecutor['execute']>) {
    const called = action.type === 'CallTool' ? licenceAuditor.tools[action.tool] : undefined;
    if (action.type !== 'CallTool' || called?.run === undefined) throw new Error(`the auditor has no ${action.type}`);
    // As a worker does: a tool is given what its schema makes of the input.
    const input = checkSchema(called.input, action.input);
    if (!input.ok) throw permanent(input.reason);
    const attempt = (this.#attempts.get(actionId) ?? 0) + 1;
    this.#attempts.set(actionId, attempt);
    const context = {
      runId,
      actionId,
      attempt,
      signal: new AbortController().signal,
      artifacts: null,
      heartbeat: () => undefined,
    };
    return { type: 'success' as const, output: (await called.run(input.value as never, context)) as Json };
  }
}
