/** `answer`: answers what a run asks, by the strict way, or sends the signal that it waits for. */
import { EXIT } from '../exit-code';
import { givenJson } from '../given-json';
import { withServer, type ServerOptions } from '../options';
import type { AnswerOutput } from '../output/answer';
import { answererOf, receiptText, withAnswer, type AnswerFlags } from '../speaker';
import { defineVerb } from '../verb';

interface Options extends ServerOptions, AnswerFlags {
  readonly text?: boolean;
  readonly signal?: string;
}

export const answer = defineVerb<Options>({
  name: 'answer',
  summary: 'answers what a run asks; a wrong answer is refused and leaves no trace',
  examples: [
    'answer A-1001 true',
    `answer A-1001 '{"approve":true}' --interrupt A-1001-3`,
    'answer A-1001 --text "looks good"',
    'answer A-1001 --text bank --by ann --role finance --id mail-4711',
    `answer A-1001 '{"amount":60}' --signal payment`,
  ],
  declare: (command) => {
    command
      .argument('<RUN>', 'the run')
      .argument('<VALUE>', 'the answer: JSON, @FILE, or - for stdin')
      .option('--text', 'VALUE is a text, and not JSON')
      .option('--signal <NAME>', 'send VALUE as the signal of this name');
    withServer(withAnswer(command));
  },
  run: async ({ args: [runId, given], options, session, terminal }) => {
    const run = runId ?? '';
    const value = options.text === true ? (given ?? '') : await givenJson(given ?? '', 'the answer');
    const kernel = await session.kernel();
    const { signal = null } = options;
    if (signal !== null) {
      await kernel.signal(run, signal, value);
      const sent: AnswerOutput = { runId: run, seq: null, again: false, signal };
      terminal.result(sent, () => [`sent signal ${signal} to ${run}`]);
      return EXIT.ok;
    }
    const receipt = await kernel.resume(run, value, answererOf(options));
    const output: AnswerOutput = { runId: run, seq: receipt.seq, again: receipt.again === true, signal };
    terminal.result(output, () => [`answered ${run}: ${receiptText(receipt)}`]);
    return EXIT.ok;
  },
});
