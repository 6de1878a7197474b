/** How the setup tells the test files what it made. */
export const DEV_SERVER_ENV = 'TEMPORAL_KERNEL_TEST_SERVER';
export const TIME_SKIPPING_ENV = 'TEMPORAL_KERNEL_TEST_TIME_SKIPPING';
export const BUNDLE_ENV = 'TEMPORAL_KERNEL_TEST_BUNDLE';
export const BUNDLER_ENV = 'TEMPORAL_KERNEL_TEST_BUNDLER';
export const DIRECTORY_ENV = 'TEMPORAL_KERNEL_TEST_DIRECTORY';

/** What the setup put there. */
export function fromSetup(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: tests run with npm test`);
  return value;
}
