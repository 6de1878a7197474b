/** What became of random errands, in words; and how to play some that failed again. */
import type { FailedErrands, PlayedErrands } from './random-errands-office';

/** A summary, and behind it what failed. */
export function errandsText(played: PlayedErrands): string {
  return [errandsSummary(played), ...played.failed.map(failedErrandsText)].join('\n');
}

/** What became of them, in a line. */
export function errandsSummary({ runs, events, said, refused, ends, failed }: PlayedErrands): string {
  const how = [...ends].sort(([one], [other]) => one.localeCompare(other)).map(([end, count]) => `${count} ${end}`);
  return (
    `random errands: ${runs} runs, ${events} events; of what people said ${said} times, ${refused} were refused; ` +
    `${how.join(', ').toLowerCase()}; ${failed.length} failed`
  );
}

/** Why errands failed, what they are, and the command that plays them alone. What depends on time may go another way then. */
export function failedErrandsText({ seed, number, errands, reason }: FailedErrands): string {
  return [
    `errands ${number} of seed ${seed} failed: ${reason}`,
    JSON.stringify(errands),
    `Again, alone: npm run soak -- errands --seed ${seed} --from ${number} --count 1`,
  ].join('\n');
}
