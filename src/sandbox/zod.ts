/** zod in a workflow bundle: one copy, evaluated once for all runs, where that can be. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { core } from 'zod';

/**
 * A zod can be shared whose settings and registry are the globals that `zod-globals.ts` stands in for, and whose modules come frozen: the
 * sandbox freezes all that is in a shared module that is not, and with it patterns and caches that zod writes to.
 */
export function zodCanBeShared(): boolean {
  const globals = globalThis as { readonly __zod_globalConfig?: unknown; readonly __zod_globalRegistry?: unknown };
  return (
    Object.isFrozen(core) &&
    Object.isFrozen(core.regexes) &&
    core.globalConfig === globals.__zod_globalConfig &&
    core.globalRegistry === globals.__zod_globalRegistry
  );
}

/** What asks for zod, by whichever of its names. */
export const ZOD_REQUEST = /^zod(\/|$)/;

/**
 * zod is there twice, for `import` and for `require`, and a bundle would get both. It gets the second: its modules come frozen, and it is the one
 * that the host has.
 */
export function asRequired(asked: { readonly context: string; request: string }): void {
  try {
    asked.request = createRequire(join(asked.context, 'importer.js')).resolve(asked.request);
  } catch {
    // Webpack says what is missing, and to whom.
  }
}
