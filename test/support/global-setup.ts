/**
 * Before all tests: the servers are fetched, the development server is started, and the tests' workflows are bundled, once for
 * all test files.
 */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { REPLAY_OBSERVER } from '../../src/mirror';
import { KernelPlugin } from '../../src/plugin';
import { obtainServer, startDevServer, type DevServer } from '../../tools/server';
import { BUNDLE_ENV, DEV_SERVER_ENV, DIRECTORY_ENV, TIME_SKIPPING_ENV } from './environment';

declare global {
  var temporalKernelTestServer: DevServer | undefined;
}

export default async function globalSetup(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'temporal-kernel-test-'));
  const server = await startDevServer();
  globalThis.temporalKernelTestServer = server;
  const timeSkipping = await obtainServer('time-skipping');
  const { code } = await bundleWorkflowCode({
    workflowsPath: require.resolve('./workflows'),
    workflowInterceptorModules: [REPLAY_OBSERVER],
    plugins: [new KernelPlugin({ programs: [] })],
    logger: new DefaultLogger('WARN'),
  });
  const bundle = join(directory, 'workflows.js');
  await writeFile(bundle, code);
  process.env[DIRECTORY_ENV] = directory;
  process.env[DEV_SERVER_ENV] = server.address;
  process.env[BUNDLE_ENV] = bundle;
  if ('path' in timeSkipping) process.env[TIME_SKIPPING_ENV] = timeSkipping.path;
}
