/** `approve`: approves what a run wants to do, as it is proposed or with another input. */
import { EXIT } from '../exit-code';
import { givenJson } from '../given-json';
import { withServer, type ServerOptions } from '../options';
import type { ApproveOutput } from '../output/approve';
import { receiptText, withAnswer, type AnswerFlags } from '../speaker';
import { sayVerdict } from '../verdict-call';
import { defineVerb } from '../verb';

interface Options extends ServerOptions, AnswerFlags {
  readonly reason?: string;
  readonly input?: string;
}

export const approve = defineVerb<Options>({
  name: 'approve',
  summary: 'approves what a run, or a run that it has started, wants to do',
  examples: [
    'approve A-1001 --by ann',
    'approve A-1001 --by ann --role finance --interrupt A-1001-5 --id mail-4711',
    `approve A-1001 --by bob --input '{"amount":40}' --reason "the rest later"`,
  ],
  declare: (command) => {
    command
      .argument('<RUN>', 'the run')
      .option('--reason <TEXT>', 'why')
      .option('--input <JSON|@FILE>', 'the input that the action shall have instead; - for stdin');
    withServer(withAnswer(command));
  },
  run: async ({ args: [runId], options, session, terminal }) => {
    const { reason, input } = options;
    const verdict = {
      decision: 'approve',
      ...(reason === undefined ? {} : { reason }),
      ...(input === undefined ? {} : { input: await givenJson(input, 'the input') }),
    } as const;
    const output: ApproveOutput = await sayVerdict(await session.kernel(), runId ?? '', verdict, options);
    terminal.result(output, () => [`said yes to ${output.interruptId}: ${receiptText(output)}`]);
    return EXIT.ok;
  },
});
