/** What became of random programs, in words; and how to play one that failed again. */
import type { FailedProgram, Played } from './random-programs-batch';

/** A summary, and behind it what failed. */
export function reportOf({ programs, runs, executions, events, ends, failed }: Played): string {
  const how = [...ends].sort(([one], [other]) => one.localeCompare(other)).map(([end, count]) => `${count} ${end}`);
  const summary =
    `${programs} random programs: ${runs} runs in ${executions} executions, ${events} events; ` +
    `${how.join(', ').toLowerCase()}; ${failed.length} failed`;
  return [summary, ...failed.map(failureOf)].join('\n');
}

/** Why a program failed, what it is, and the command that plays it alone. */
export function failureOf({ seed, number, program, reason }: FailedProgram): string {
  return [
    `program ${number} of seed ${seed} failed: ${reason}`,
    JSON.stringify(program),
    `Again, alone: npm run soak -- programs --seed ${seed} --from ${number} --count 1 (with --shrink: the smallest one like it)`,
  ].join('\n');
}
