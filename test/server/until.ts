/** Polls for a condition with a deadline so generous that only a real fault reaches it. */
const DEADLINE_MS = 60_000;
const PAUSE_MS = 20;

export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + DEADLINE_MS;
  while (!(await condition())) {
    if (Date.now() > deadlineMs) throw new Error(`In ${DEADLINE_MS / 1000} s it never happened that ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
