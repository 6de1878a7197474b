/** Node's modules in a workflow bundle: stand-ins, which fail, by name, only when they are called. */
import { builtinModules, isBuiltin } from 'node:module';

/** What Temporal's own sandbox has of Node.js. */
const SANDBOX_MODULES: ReadonlySet<string> = new Set(['assert', 'url', 'util']);

/** Modules that the bundler is not to complain of. */
export const HOST_MODULES: readonly string[] = builtinModules.filter((name) => !SANDBOX_MODULES.has(name));

/** Says what webpack puts in the place of a module; undefined to bundle it. */
export function standIn({ request = '' }: { readonly request?: string }): Promise<string | undefined> {
  const isHost = isBuiltin(request) && !SANDBOX_MODULES.has(request);
  return Promise.resolve(isHost ? `var ${standInFor(request)}` : undefined);
}

function standInFor(module: string): string {
  const message = `of ${module} was called in the workflow sandbox: only a tool may use it`;
  return `new Proxy({}, { get: (_, name) => name === '__esModule' ? true : function () {
    throw new Error(String(name) + ' ' + ${JSON.stringify(message)});
  } })`;
}
