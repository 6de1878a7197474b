/**
 * A way to get a server, as an interface, so that tests can put others in its place.
 *
 * Guarantees: a way answers with a server or with a reason; only a bug makes it throw.
 */
import type { ServerProgram } from './server-program';

export interface Search {
  readonly program: ServerProgram;
  readonly env: NodeJS.ProcessEnv;
  /** Tells the person who waits what is going on. Whole lines, without the line end. */
  readonly report: (line: string) => void;
}

/** A server that runs already, or an executable that was checked and can be started. */
export type ObtainedServer =
  | { readonly type: 'running'; readonly address: string; readonly from: string }
  | { readonly type: 'executable'; readonly path: string; readonly version: string; readonly from: string };

export type WayResult =
  { readonly found: true; readonly server: ObtainedServer } | { readonly found: false; readonly reason: string };

export interface Way {
  /** What a person reads when this way has failed. */
  readonly name: string;
  readonly find: (search: Search) => Promise<WayResult>;
}

export function notFound(reason: string): WayResult {
  return { found: false, reason };
}
