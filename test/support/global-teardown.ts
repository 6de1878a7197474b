/** After all tests: what the setup started and wrote is gone again. */
import { rm } from 'node:fs/promises';
import { DIRECTORY_ENV } from './environment';

export default async function globalTeardown(): Promise<void> {
  await globalThis.temporalKernelTestServer?.stop();
  await globalThis.temporalKernelTestBundler?.stop();
  const directory = process.env[DIRECTORY_ENV];
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
}
