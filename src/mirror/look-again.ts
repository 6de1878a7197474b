/** Looks that came before the server had what caused them. */
import type { Look } from './look-queue';
import type { MirrorReport } from './mirror';

/** Pauses before a look that came too early is made again. After the last one it is left to the sweep. */
const EARLY_DELAYS_MS: readonly number[] = [50, 200, 1_000, 3_000];

/** The same where nobody said how far the run had come. */
const BLIND_DELAYS_MS: readonly number[] = [150, 1_000];

/** A wake-up may come before the server has what caused it: then the look is made again. */
export function lookAgain(
  look: Look,
  { executionId, lastEventId, closed }: MirrorReport,
): { readonly look: Look; readonly delayMs: number } | null {
  const { woken, early } = look;
  if (woken === false || closed !== null) return null;
  const isFarEnough = woken !== true && (executionId !== woken.executionId || lastEventId > woken.historyLength);
  const delayMs = (woken === true ? BLIND_DELAYS_MS : EARLY_DELAYS_MS)[early];
  return isFarEnough || delayMs === undefined ? null : { look: { ...look, early: early + 1 }, delayMs };
}
