/** How a process is asked to stop: by SIGTERM or SIGINT, once gently, and a second time for good. */

/** One Ctrl-C can arrive several times: from the terminal, and from whoever started us. */
const SAME_SIGNAL_MS = 1_000;

/** A promise of a stop. */
export interface StopRequest {
  readonly asked: Promise<void>;
  readonly isAsked: () => boolean;
}

/** Takes the signals over: from now on they ask. @param who says who stopped at once, when it is asked again */
export function stopOnSignals(who: string): StopRequest {
  let askedAtMs: number | null = null;
  const asked = new Promise<void>((resolve) => {
    const onSignal = (): void => {
      if (askedAtMs !== null && Date.now() - askedAtMs > SAME_SIGNAL_MS) {
        process.stderr.write(`${who} stopped at once, without draining\n`);
        process.exit(1);
      }
      askedAtMs ??= Date.now();
      resolve();
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
  return { asked, isAsked: () => askedAtMs !== null };
}
