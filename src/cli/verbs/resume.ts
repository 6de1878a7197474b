/** `resume`: lets a paused run go on. (Questions are answered with `answer`, `approve` and `deny`.) */
import { EXIT } from '../exit-code';
import { withServer, type ServerOptions } from '../options';
import type { ResumeOutput } from '../output/resume';
import { speakerOf, withSpeaker, type SpeakerFlags } from '../speaker';
import { defineVerb } from '../verb';

interface Options extends ServerOptions, SpeakerFlags {}

export const resume = defineVerb<Options>({
  name: 'resume',
  summary: 'lets a paused run go on',
  examples: ['resume A-1001', 'resume A-1001 --by ann'],
  declare: (command) => {
    withServer(withSpeaker(command.argument('<RUN>', 'the run'), 'the end of the pause'));
  },
  run: async ({ args: [runId], options, session, terminal }) => {
    const run = runId ?? '';
    const kernel = await session.kernel();
    const { seq, again = false } = await kernel.unpause(run, speakerOf(options));
    const output: ResumeOutput = { runId: run, seq, again };
    terminal.result(output, () => [again ? `${run} was told before` : `${run} goes on`]);
    return EXIT.ok;
  },
});
