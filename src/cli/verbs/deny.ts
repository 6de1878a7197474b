/** `deny`: denies what a run wants to do. The action fails with the reason, and the program goes on. */
import { EXIT } from '../exit-code';
import { withServer, type ServerOptions } from '../options';
import type { DenyOutput } from '../output/deny';
import { receiptText, withAnswer, type AnswerFlags } from '../speaker';
import { sayVerdict } from '../verdict-call';
import { defineVerb } from '../verb';

interface Options extends ServerOptions, AnswerFlags {
  readonly reason: string;
}

export const deny = defineVerb<Options>({
  name: 'deny',
  summary: 'denies what a run, or a run that it has started, wants to do',
  examples: ['deny A-1001 --by ann --reason "too much"', 'deny A-1001 --by ann --role finance --reason "no budget"'],
  declare: (command) => {
    command.argument('<RUN>', 'the run').requiredOption('--reason <TEXT>', 'why; the program is told');
    withServer(withAnswer(command));
  },
  run: async ({ args: [runId], options, session, terminal }) => {
    const verdict = { decision: 'deny', reason: options.reason } as const;
    const output: DenyOutput = await sayVerdict(await session.kernel(), runId ?? '', verdict, options);
    terminal.result(output, () => [`said no to ${output.interruptId}: ${receiptText(output)}`]);
    return EXIT.ok;
  },
});
