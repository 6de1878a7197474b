/**
 * Loads TypeScript for the benches, compiled by the compiler of the workflow bundles.
 *
 * Everything else here is loaded by tsx, which wraps each function that is made in a call that names it. Whoever installs the package does
 * not pay for that, so it must not be measured.
 */
const { readFileSync } = require('node:fs');
const { transformSync } = require('@swc/core');

const OPTIONS = {
  configFile: false,
  swcrc: false,
  sourceMaps: 'inline',
  jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
  module: { type: 'commonjs' },
};

require.extensions['.ts'] = (module, filename) => {
  module._compile(transformSync(readFileSync(filename, 'utf8'), { ...OPTIONS, filename }).code, filename);
};
