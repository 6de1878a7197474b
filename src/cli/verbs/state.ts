/** `state`: the state after an entry, which must have the hash that the log has for it. */
import { hashOf } from '../../kernel';
import { EXIT } from '../exit-code';
import { TerminalError } from '../failure';
import { entryAt, stateAt } from '../opened-run';
import { count, withSource, type SourceOptions } from '../options';
import type { StateOutput } from '../output/state';
import { RunReader } from '../run-reader';
import { defineVerb } from '../verb';

interface Options extends SourceOptions {
  readonly at?: number;
}

export const state = defineVerb<Options>({
  name: 'state',
  summary: 'the state of a run after an entry of its log',
  examples: ['state A-1001', 'state A-1001 --at 3 --json', 'state A-1001.export.json --at 0'],
  declare: (command) => {
    withSource(command.argument('[RUN|FILE]', 'a run id, or the path of an export or a history')).option(
      '--at <SEQ>',
      'after this entry; 0 for the initial state; default the last one',
      (text) => count(text, 0, Number.MAX_SAFE_INTEGER),
    );
  },
  run: async (call) => {
    const { args, options, terminal } = call;
    const opened = await new RunReader(call).open(args[0] ?? null);
    const { run } = opened;
    const seq = options.at ?? run.head;
    const found = await stateAt(opened, seq);
    if (found === null) {
      const advice = 'give the programs that made it with --programs.';
      throw new TerminalError(
        EXIT.usage,
        `the state at ${seq} is in no snapshot: it takes the program to make it`,
        advice,
      );
    }
    const stateHash = hashOf(found.state);
    if (seq > 0 && (await entryAt(opened, seq)).stateHash !== stateHash) {
      const advice = 'replay names the first entry where program and log part: temporal-kernel replay.';
      throw new TerminalError(EXIT.no, `the program makes another state of entry ${seq} than the log says`, advice);
    }
    const output: StateOutput = { runId: run.runId, seq, stateHash, state: found.state };
    terminal.result(output, () => JSON.stringify(found.state, null, 2).split('\n'));
    return EXIT.ok;
  },
});
