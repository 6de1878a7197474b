/** `answer`: answers what a run asks, by the strict way, or sends the signal that it waits for. */
import { EXIT } from '../exit-code';
import { givenJson } from '../given-json';
import { withServer, type ServerOptions } from '../options';
import type { AnswerOutput } from '../output/answer';
import { defineVerb } from '../verb';

interface Options extends ServerOptions {
  readonly interrupt?: string;
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
    `answer A-1001 '{"amount":60}' --signal payment`,
  ],
  declare: (command) => {
    command
      .argument('<RUN>', 'the run')
      .argument('<VALUE>', 'the answer: JSON, @FILE, or - for stdin')
      .option('--interrupt <ID>', 'the interrupt that is meant; without it, the one that is pending')
      .option('--text', 'VALUE is a text, and not JSON')
      .option('--signal <NAME>', 'send VALUE as the signal of this name');
    withServer(command);
  },
  run: async ({ args: [runId, given], options, session, terminal }) => {
    const run = runId ?? '';
    const value = options.text === true ? (given ?? '') : await givenJson(given ?? '', 'the answer');
    const kernel = await session.kernel();
    const { interrupt, signal = null } = options;
    let seq: number | null = null;
    if (signal === null) {
      ({ seq } = await kernel.resume(run, value, interrupt === undefined ? {} : { interruptId: interrupt }));
    } else {
      await kernel.signal(run, signal, value);
    }
    const output: AnswerOutput = { runId: run, seq, signal };
    terminal.result(output, () => [
      signal === null ? `answered ${run}: entry ${seq} of its log` : `sent signal ${signal} to ${run}`,
    ]);
    return EXIT.ok;
  },
});
