/**
 * The workflow bundle of programs. A tool may stand in the same file as its program and import Node.js there; the sandbox has
 * no Node.js, and never runs tools. So the bundle gets stand-ins for Node's modules, which fail, by name, only when called.
 */
import { builtinModules, isBuiltin } from 'node:module';
import type { BundleOptions } from '@temporalio/worker';

/** Bundler options as a worker, a replay worker and the bundler itself have them. */
type BundlerOptions = Pick<BundleOptions, 'ignoreModules' | 'webpackConfigHook'>;

type WebpackConfigHook = NonNullable<BundlerOptions['webpackConfigHook']>;

/** What Temporal's own sandbox has of Node.js. */
const SANDBOX_MODULES: ReadonlySet<string> = new Set(['assert', 'url', 'util']);

const HOST_MODULES: readonly string[] = builtinModules.filter((name) => !SANDBOX_MODULES.has(name));

/** Adds the stand-ins to bundler options. */
export function withoutHostModules<O extends BundlerOptions>(options: O): O {
  const before: WebpackConfigHook | undefined = options.webpackConfigHook;
  const webpackConfigHook: WebpackConfigHook = (given) => {
    const config = before === undefined ? given : before(given);
    const externals = config.externals === undefined ? [] : [config.externals].flat();
    return { ...config, externals: [...externals, standIn] };
  };
  return { ...options, ignoreModules: [...(options.ignoreModules ?? []), ...HOST_MODULES], webpackConfigHook };
}

/** Says what webpack puts in the place of a module; undefined to bundle it. */
function standIn({ request = '' }: { readonly request?: string }): Promise<string | undefined> {
  const isHost = isBuiltin(request) && !SANDBOX_MODULES.has(request);
  return Promise.resolve(isHost ? `var ${standInFor(request)}` : undefined);
}

function standInFor(module: string): string {
  const message = `of ${module} was called in the workflow sandbox: only a tool may use it`;
  return `new Proxy({}, { get: (_, name) => name === '__esModule' ? true : function () {
    throw new Error(String(name) + ' ' + ${JSON.stringify(message)});
  } })`;
}
