/** Waits for a condition; the deadline is only there to end a test that would never end. */
const DEADLINE_MS = 45_000;
const INTERVAL_MS = 20;

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not so within ${DEADLINE_MS} ms: ${condition.toString()}`);
    await new Promise((resolve) => {
      setTimeout(resolve, INTERVAL_MS);
    });
  }
}
