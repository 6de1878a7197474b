/** A TypeScript file of the tests as one JavaScript file, which starts in half a second: for tests that start many processes. */
import { basename, join } from 'node:path';
import { buildSync } from 'esbuild';
import { Child } from '../worker/child';

/** Where what is compiled finds packages, wherever it lies. */
export const NODE_MODULES = join(__dirname, '../../node_modules');

/**
 * What stays a package: those of Temporal, which a process must have once, what has native parts, and what is large and loaded only where it
 * is needed.
 */
const PACKAGES = [
  '@temporalio/*',
  '@swc/*',
  'better-sqlite3',
  'pg-native',
  'ai',
  '@ai-sdk/*',
  '@modelcontextprotocol/*',
];

/** Compiles a file into a directory; by default under its own name. */
export function compileScript(file: string, directory: string, name = basename(file, '.ts')): string {
  const script = join(directory, `${name}.js`);
  buildSync({
    entryPoints: [file],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    // Hundreds of small files are read faster as one.
    external: PACKAGES,
    // What is imported when it is needed would not be found: only `require` looks into NODE_PATH.
    supported: { 'dynamic-import': false },
  });
  return script;
}

/** Starts what was compiled. */
export function startScript(script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Child {
  return Child.script(script, args, { NODE_PATH: NODE_MODULES, ...env });
}
