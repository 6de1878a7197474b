/** `timeline`: a run drawn: steps, retries, waits, and the runs that it started. */
import { EXIT } from '../exit-code';
import { count, withLimit, withSource, type LimitOptions, type SourceOptions } from '../options';
import type { TimelineOutput } from '../output/timeline';
import { RunReader } from '../run-reader';
import { drawing } from '../timeline/drawing';
import { timelineOf } from '../timeline/timeline-of';
import { defineVerb } from '../verb';

interface Options extends SourceOptions, LimitOptions {
  readonly depth: number;
}

export const timeline = defineVerb<Options>({
  name: 'timeline',
  summary: 'a drawing of a run: steps, retries, waits, child runs',
  examples: [
    'timeline A-1001 --programs ./refund.ts',
    'timeline A-1001 --depth 0 --limit 50',
    'timeline A-1001.json --json',
  ],
  declare: (command) => {
    withSource(command.argument('[RUN|FILE]', 'a run id, or the path of an export or a history'));
    withLimit(command, 500, 10_000, 'entries of each run').option(
      '--depth <N>',
      'how deep to look into runs that it started',
      (text) => count(text, 0, 20),
      3,
    );
  },
  run: async (call) => {
    const { args, options, terminal } = call;
    const opened = await new RunReader(call).open(args[0] ?? null);
    const limits = { entries: options.limit, depth: options.depth };
    const output: TimelineOutput = await terminal.during(() => 'reading …', timelineOf(opened, limits));
    terminal.result(output, () => drawing(output, terminal));
    return EXIT.ok;
  },
});
