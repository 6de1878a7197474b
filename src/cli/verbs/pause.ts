/** `pause`: stops a run at its next boundary between two steps. */
import { EXIT } from '../exit-code';
import { withServer, type ServerOptions } from '../options';
import type { PauseOutput } from '../output/pause';
import { speakerOf, withSpeaker, type SpeakerFlags } from '../speaker';
import { defineVerb } from '../verb';

interface Options extends ServerOptions, SpeakerFlags {
  readonly reason?: string;
}

export const pause = defineVerb<Options>({
  name: 'pause',
  summary: 'stops a run at its next boundary between two steps, until it is resumed',
  examples: ['pause A-1001', 'pause A-1001 --by ann --reason lunch'],
  declare: (command) => {
    command.argument('<RUN>', 'the run').option('--reason <TEXT>', 'why');
    withServer(withSpeaker(command, 'the pause'));
  },
  run: async ({ args: [runId], options, session, terminal }) => {
    const run = runId ?? '';
    const { reason } = options;
    const kernel = await session.kernel();
    const said = { ...speakerOf(options), ...(reason === undefined ? {} : { reason }) };
    const { seq, again = false } = await kernel.pause(run, said);
    const output: PauseOutput = { runId: run, seq, again };
    terminal.result(output, () => [again ? `${run} was told before` : `${run} pauses at its next boundary`]);
    if (!terminal.json) terminal.note(`to let it go on: temporal-kernel resume ${run}`);
    return EXIT.ok;
  },
});
