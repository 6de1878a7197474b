/** A local Temporal server for the demo and the tests: what others may use of this directory. */
export { DEV_SERVER_DYNAMIC_CONFIG, startDevServer } from './dev-server';
export type { DevServer, DevServerOptions, DynamicConfig, JournalMode } from './dev-server';
export { obtainExecutable, obtainServer, waysFor } from './obtain-server';
export type { ObtainOptions, ServerExecutable } from './obtain-server';
export { isServerUnavailable, ServerStartError, ServerUnavailableError } from './server-error';
export type { ServerStartErrorCode, TriedWay } from './server-error';
export type { ServerKind } from './server-program';
export type { ObtainedServer, Way } from './way';
