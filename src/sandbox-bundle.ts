/**
 * The workflow bundle of programs. A tool may stand in the same file as its program and import Node.js there; the sandbox has
 * no Node.js, and never runs tools. So the bundle gets stand-ins for Node's modules, which fail, by name, only when called.
 *
 * The sandbox evaluates modules anew for every run. The kernel and its shell, which keep nothing of a run, are evaluated once for all of
 * them instead, and so is zod: to evaluate them was most of what it took to begin a run.
 */
import { builtinModules, createRequire, isBuiltin } from 'node:module';
import { join } from 'node:path';
import type { BundleOptions } from '@temporalio/worker';
import { core } from 'zod';

/** Bundler options as a worker, a replay worker and the bundler itself have them. */
type BundlerOptions = Pick<BundleOptions, 'ignoreModules' | 'preloadModules' | 'webpackConfigHook'>;

type WebpackConfigHook = NonNullable<BundlerOptions['webpackConfigHook']>;

type WebpackPlugin = Extract<NonNullable<ReturnType<WebpackConfigHook>['plugins']>[number], { apply: unknown }>;

/** What Temporal's own sandbox has of Node.js. */
const SANDBOX_MODULES: ReadonlySet<string> = new Set(['assert', 'url', 'util']);

const HOST_MODULES: readonly string[] = builtinModules.filter((name) => !SANDBOX_MODULES.has(name));

/** Evaluates what all runs of a sandbox share. */
const SHARED_MODULES = join(__dirname, 'workflows/shared-modules');

/** Evaluates zod for all runs of a sandbox. */
const SHARED_ZOD = join(__dirname, 'workflows/shared-zod');

/** Adds what a bundle of programs needs to bundler options. */
export function sandboxed<O extends BundlerOptions>(options: O): O {
  const before: WebpackConfigHook | undefined = options.webpackConfigHook;
  const webpackConfigHook: WebpackConfigHook = (given) => {
    const config = before === undefined ? given : before(given);
    const externals = config.externals === undefined ? [] : [config.externals].flat();
    for (const rule of config.module?.rules ?? []) compileForNode(rule);
    return { ...config, externals: [...externals, standIn], plugins: [...(config.plugins ?? []), ONE_ZOD] };
  };
  return {
    ...options,
    ignoreModules: [...(options.ignoreModules ?? []), ...HOST_MODULES],
    preloadModules: [...(options.preloadModules ?? []), SHARED_MODULES, ...(zodCanBeShared() ? [SHARED_ZOD] : [])],
    webpackConfigHook,
  };
}

/**
 * Temporal has TypeScript compiled for engines of 2017, with stand-ins for spreads and private members, which every step of the machine pays for.
 * The sandbox is this Node.js.
 */
function compileForNode(rule: unknown): void {
  const { use } = rule as {
    readonly use?: { readonly loader?: string; readonly options?: { jsc?: { target?: string } } };
  };
  if (use?.loader?.includes('swc-loader') === true && use.options?.jsc !== undefined) use.options.jsc.target = 'es2022';
}

/**
 * A zod can be shared whose settings and registry are the globals that `zod-globals.ts` stands in for, and whose modules come frozen: the
 * sandbox freezes all that is in a shared module that is not, and with it patterns and caches that zod writes to.
 */
function zodCanBeShared(): boolean {
  const globals = globalThis as { readonly __zod_globalConfig?: unknown; readonly __zod_globalRegistry?: unknown };
  return (
    Object.isFrozen(core) &&
    Object.isFrozen(core.regexes) &&
    core.globalConfig === globals.__zod_globalConfig &&
    core.globalRegistry === globals.__zod_globalRegistry
  );
}

/**
 * zod is there twice, for `import` and for `require`, and a bundle would get both. It gets the second: its modules come frozen, and it is the one
 * that the host has.
 */
const ONE_ZOD: WebpackPlugin = {
  apply: (compiler) => {
    new compiler.webpack.NormalModuleReplacementPlugin(/^zod(\/|$)/, (asked) => {
      try {
        asked.request = createRequire(join(asked.context, 'importer.js')).resolve(asked.request);
      } catch {
        // Webpack says what is missing, and to whom.
      }
    }).apply(compiler);
  },
};

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
