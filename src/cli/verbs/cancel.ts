/** `cancel`: asks a run to stop. What is at work is told and waited for, and the log ends legally. */
import { EXIT } from '../exit-code';
import { withServer, type ServerOptions } from '../options';
import type { CancelOutput } from '../output/cancel';
import { defineVerb } from '../verb';

export const cancel = defineVerb<ServerOptions>({
  name: 'cancel',
  summary: 'asks a run to stop: the running action is told and waited for',
  examples: ['cancel A-1001'],
  declare: (command) => {
    withServer(command.argument('<RUN>', 'the run'));
  },
  run: async ({ args: [runId], session, terminal }) => {
    const run = runId ?? '';
    const kernel = await session.kernel();
    await kernel.cancel(run);
    const output: CancelOutput = { runId: run, asked: true };
    terminal.result(output, () => [`asked ${run} to stop`]);
    if (!terminal.json) terminal.note(`see how it ends: temporal-kernel watch ${run} --follow`);
    return EXIT.ok;
  },
});
