/** The command's way onto Temporal: gets a server, plays scenarios on it, and says on a terminal how far it is. */
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { startDevServer } from '../../server';
import { waitUntilAnswering } from '../../server/answering';
import type { Scenario } from '../scenario-document';
import { judgeOnTemporal } from './judge-on-temporal';
import type { Judgement } from './judgement';
import { connectServer, disconnectServer } from './stage';

/** Every server has this namespace. */
const SYSTEM_NAMESPACE = 'temporal-system';

const ANSWER_TIMEOUT_MS = 10_000;

/**
 * Judges scenarios on the server at an address, or on one that is started for it; with calls of tools in bursts, or without.
 *
 * @throws ServerUnavailableError, ServerStartError
 */
export async function* conformanceOnTemporal(
  scenarios: readonly Scenario[],
  address: string | undefined,
  { bursts }: { readonly bursts: boolean },
): AsyncGenerator<Judgement> {
  const local = address === undefined ? await startDevServer() : null;
  try {
    const used = local?.address ?? address ?? '';
    if (local === null) await waitUntilAnswering(used, SYSTEM_NAMESPACE, { timeoutMs: ANSWER_TIMEOUT_MS });
    // Not before there is a server: a runtime without a connection would keep the process from ending.
    quietRuntime();
    const server = await connectServer(used);
    try {
      yield* judgeOnTemporal(server, scenarios, { progress: progressOf(scenarios.length), bursts });
    } finally {
      await disconnectServer(server);
    }
  } finally {
    await local?.stop();
  }
}

/** Failing tools and broken programs are what scenarios are about: a worker's log of them would drown the results. */
function quietRuntime(): void {
  const logger = new DefaultLogger('ERROR', () => undefined);
  const telemetryOptions = { logging: { filter: 'ERROR', forward: {} } } as const;
  // An interrupted command just ends: its server and namespaces hold nothing that anybody needs.
  Runtime.install({ logger, telemetryOptions, shutdownSignals: [] });
}

/** Shows the count on a terminal, in a line that what is printed next replaces. */
function progressOf(total: number): (played: number) => void {
  const { stderr } = process;
  if (!stderr.isTTY) return () => undefined;
  return (played) => {
    stderr.write(played < total ? `\r${played} of ${total} played` : '\r\u001b[K');
  };
}
