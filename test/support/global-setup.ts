/**
 * Before all tests: the servers are fetched, the development server is started, and the tests' workflows are bundled, once for
 * all test files. What some of them want bundled beside that, they get from the same bundler.
 */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { obtainServer, startDevServer, type DevServer } from '../../tools/server';
import { bundleFrom, Bundler } from './bundler';
import { BUNDLE_ENV, BUNDLER_ENV, DEV_SERVER_ENV, DIRECTORY_ENV, TIME_SKIPPING_ENV } from './environment';

declare global {
  var temporalKernelTestServer: DevServer | undefined;
  var temporalKernelTestBundler: Bundler | undefined;
}

export default async function globalSetup(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'temporal-kernel-test-'));
  const server = await startDevServer();
  globalThis.temporalKernelTestServer = server;
  const timeSkipping = await obtainServer('time-skipping');
  const bundler = await Bundler.start();
  globalThis.temporalKernelTestBundler = bundler;
  const bundle = join(directory, 'workflows.js');
  await writeFile(
    bundle,
    await bundleFrom(bundler.url, { workflowsPath: require.resolve('./workflows'), observed: true }),
  );
  process.env[DIRECTORY_ENV] = directory;
  process.env[DEV_SERVER_ENV] = server.address;
  process.env[BUNDLE_ENV] = bundle;
  process.env[BUNDLER_ENV] = bundler.url;
  if ('path' in timeSkipping) process.env[TIME_SKIPPING_ENV] = timeSkipping.path;
}
