/** What the tests' own setup makes for them: a development server and the workflow bundle. A soak gets the same. */
import globalSetup from '../../test/support/global-setup';
import globalTeardown from '../../test/support/global-teardown';

/** Runs `work` with the server and the bundle that tests have. */
export async function inTestSurroundings<T>(work: () => Promise<T>): Promise<T> {
  await globalSetup();
  try {
    return await work();
  } finally {
    await globalTeardown();
  }
}
