/**
 * Does a server at an address really answer?
 *
 * Guarantees: when `waitUntilAnswering` returns, the frontend knew the namespace and the history service answered, so
 * a workflow can be started at once. The wait is bounded.
 * Must not: start, stop or change anything.
 */
import { Connection, isGrpcServiceError } from '@temporalio/client';
import { ServerStartError } from './server-error';

const PROBE_TIMEOUT_MS = 2_000;
const PROBE_PAUSE_MS = 50;
const GRPC_NOT_FOUND = 5;

export interface AnswerOptions {
  readonly timeoutMs: number;
  /** Ends the wait at once: the server is known to be gone. */
  readonly gone?: AbortSignal;
}

/** @throws ServerStartError with the code SERVER_NOT_ANSWERING. */
export async function waitUntilAnswering(address: string, namespace: string, options: AnswerOptions): Promise<void> {
  const { timeoutMs, gone = new AbortController().signal } = options;
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    const failure = await probe(address, namespace, gone);
    if (failure === undefined) return;
    if (gone.aborted || Date.now() > deadlineMs) {
      throw new ServerStartError(
        'SERVER_NOT_ANSWERING',
        `The Temporal server at ${address} does not answer for namespace "${namespace}": ${failure.message}`,
        { cause: failure },
      );
    }
    await new Promise((resolve) => setTimeout(resolve, PROBE_PAUSE_MS));
  }
}

async function probe(address: string, namespace: string, gone: AbortSignal): Promise<Error | undefined> {
  // Lazy, because `Connection.connect` keeps on trying in the background after it has failed.
  const connection = Connection.lazy({
    address,
    connectTimeout: PROBE_TIMEOUT_MS,
    // gRPC would wait for a second after the first refusal; a server that is just starting is there sooner.
    channelArgs: { 'grpc.initial_reconnect_backoff_ms': PROBE_PAUSE_MS },
  });
  const answer = ask(connection, namespace);
  // Closed behind the last call, never under one: the SDK would try that call again on the closed channel, and throw where nobody can catch it.
  const closed = answer.catch(() => undefined).then(() => connection.close());
  let stopListening = (): void => undefined;
  const givenUp = new Promise<never>((_resolve, reject) => {
    const onGone = (): void => {
      reject(new Error('it is gone'));
    };
    gone.addEventListener('abort', onGone, { once: true });
    stopListening = () => {
      gone.removeEventListener('abort', onGone);
    };
  });
  try {
    await Promise.race([answer.finally(() => closed), givenUp]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    stopListening();
  }
}

async function ask(connection: Connection, namespace: string): Promise<void> {
  await connection.ensureConnected();
  await connection.withDeadline(Date.now() + PROBE_TIMEOUT_MS, async () => {
    await connection.workflowService.describeNamespace({ namespace });
    try {
      const execution = { workflowId: 'temporal-kernel-is-the-server-up' };
      await connection.workflowService.describeWorkflowExecution({ namespace, execution });
    } catch (error) {
      // That there is no such workflow is an answer, and it came from the history service.
      // The code is of an enum that only a package of the SDK's own exports.
      // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-comparison
      if (!(isGrpcServiceError(error) && error.code === GRPC_NOT_FOUND)) throw error;
    }
  });
}
