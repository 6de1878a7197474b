/** `events`: the log of a run, page by page. */
import { EXIT } from '../exit-code';
import { entryCells, entryOutput } from '../entry-output';
import { entriesOf } from '../opened-run';
import { count, withLimit, withSource, type LimitOptions, type SourceOptions } from '../options';
import type { EventsOutput } from '../output/events';
import { RunReader } from '../run-reader';
import { table } from '../table';
import { defineVerb } from '../verb';
import type { StoredLog } from '../../kernel';

interface Options extends SourceOptions, LimitOptions {
  readonly from: number;
}

export const events = defineVerb<Options>({
  name: 'events',
  summary: 'the log of a run, with the hash of every entry',
  examples: ['events A-1001', 'events A-1001 --from 101 --limit 50', 'events A-1001.export.json --json'],
  declare: (command) => {
    withSource(command.argument('[RUN|FILE]', 'a run id, or the path of an export or a history'));
    withLimit(command, 100, 10_000, 'entries').option('--from <SEQ>', 'the first entry', seqOf, 1);
  },
  run: async (call) => {
    const { args, options, terminal } = call;
    const opened = await new RunReader(call).open(args[0] ?? null);
    const { run, program } = opened;
    const to = Math.min(run.head, options.from + options.limit - 1);
    const entries: StoredLog[] = [];
    for await (const entry of entriesOf(opened, options.from, to)) entries.push(entry);
    const output: EventsOutput = {
      runId: run.runId,
      head: run.head,
      entries: entries.map(entryOutput),
      next: to < run.head ? to + 1 : null,
    };
    terminal.result(output, () => table(entries.map((entry) => entryCells(entry, program, terminal))));
    if (output.next !== null && !terminal.json) {
      terminal.note(`${run.head - to} entries more: --from ${output.next}`);
    }
    return EXIT.ok;
  },
});

function seqOf(text: string): number {
  return count(text, 1, Number.MAX_SAFE_INTEGER);
}
