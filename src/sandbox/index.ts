/**
 * The workflow bundle of programs. A tool may stand in the same file as its program and import Node.js there; the sandbox has
 * no Node.js, and never runs tools. So the bundle gets stand-ins for Node's modules.
 *
 * The sandbox evaluates modules anew for every run. The kernel and its shell, which keep nothing of a run, are evaluated once for all of
 * them instead, and so is zod: to evaluate them was most of what it took to begin a run.
 */
import { join } from 'node:path';
import type { BundleOptions } from '@temporalio/worker';
import { BUILTINS_TEXT } from './builtins';
import { HOST_MODULES, standIn } from './host-modules';
import { asRequired, ZOD_REQUEST, zodCanBeShared } from './zod';

/** Bundler options as a worker, a replay worker and the bundler itself have them. */
type BundlerOptions = Pick<BundleOptions, 'ignoreModules' | 'preloadModules' | 'webpackConfigHook'>;

type WebpackConfigHook = NonNullable<BundlerOptions['webpackConfigHook']>;

type WebpackPlugin = Extract<NonNullable<ReturnType<WebpackConfigHook>['plugins']>[number], { apply: unknown }>;

const WORKFLOWS = join(__dirname, '../workflows');

/** Evaluates what all runs of a sandbox share. */
const SHARED_MODULES = join(WORKFLOWS, 'shared-modules');

/** Evaluates zod for all runs of a sandbox. */
const SHARED_ZOD = join(WORKFLOWS, 'shared-zod');

/** Adds what a bundle of programs needs to bundler options; once, however often it is asked to. */
export function sandboxed<O extends BundlerOptions>(options: O): O {
  const before: WebpackConfigHook | undefined = options.webpackConfigHook;
  const webpackConfigHook: WebpackConfigHook = (given) => {
    const config = before === undefined ? given : before(given);
    if (config.plugins?.includes(PROGRAMS) === true) return config;
    const externals = config.externals === undefined ? [] : [config.externals].flat();
    for (const rule of config.module?.rules ?? []) compileForNode(rule);
    return { ...config, externals: [...externals, standIn], plugins: [...(config.plugins ?? []), PROGRAMS] };
  };
  return {
    ...options,
    ignoreModules: [...(options.ignoreModules ?? []), ...HOST_MODULES],
    preloadModules: [...(options.preloadModules ?? []), SHARED_MODULES, ...(zodCanBeShared() ? [SHARED_ZOD] : [])],
    webpackConfigHook,
  };
}

const PROGRAMS: WebpackPlugin = {
  apply: (compiler) => {
    const { BannerPlugin, NormalModuleReplacementPlugin } = compiler.webpack;
    new BannerPlugin({ raw: true, banner: BUILTINS_TEXT }).apply(compiler);
    new NormalModuleReplacementPlugin(ZOD_REQUEST, asRequired).apply(compiler);
  },
};

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
