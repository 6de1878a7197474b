/** `steer`: puts a message into a run, at its next boundary between two steps. */
import { EXIT } from '../exit-code';
import { givenJson } from '../given-json';
import { withServer, type ServerOptions } from '../options';
import type { SteerOutput } from '../output/steer';
import { speakerOf, withSpeaker, type SpeakerFlags } from '../speaker';
import { defineVerb } from '../verb';

interface Options extends ServerOptions, SpeakerFlags {
  readonly text?: boolean;
}

export const steer = defineVerb<Options>({
  name: 'steer',
  summary: 'puts a message into a run whose program takes messages, at its next boundary',
  examples: [`steer A-1001 '{"tone":"brief"}'`, 'steer A-1001 --text "be brief" --by bob'],
  declare: (command) => {
    command
      .argument('<RUN>', 'the run')
      .argument('<MESSAGE>', 'the message: JSON, @FILE, or - for stdin')
      .option('--text', 'MESSAGE is a text, and not JSON');
    withServer(withSpeaker(command, 'the message'));
  },
  run: async ({ args: [runId, given], options, session, terminal }) => {
    const run = runId ?? '';
    const message = options.text === true ? (given ?? '') : await givenJson(given ?? '', 'the message');
    const kernel = await session.kernel();
    const { seq, again = false } = await kernel.steer(run, message, speakerOf(options));
    const output: SteerOutput = { runId: run, seq, again };
    terminal.result(output, () => [again ? `${run} was told before` : `${run} gets the message at its next boundary`]);
    return EXIT.ok;
  },
});
