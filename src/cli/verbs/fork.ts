/** `fork`: a new run that goes on from another one's past, in its own way. The other one is only read. */
import { Option } from 'commander';
import type { Json } from '../../kernel';
import type { ForkAlternate } from '../../runs/run-fork';
import { EXIT } from '../exit-code';
import { givenJson } from '../given-json';
import { collected, count, withPrograms, withServer, type ProgramOptions, type ServerOptions } from '../options';
import type { ForkOutput } from '../output/fork';
import { defineVerb } from '../verb';

interface Options extends ServerOptions, ProgramOptions {
  readonly at: number;
  readonly answer?: string;
  readonly result?: string;
  readonly fail?: string;
  readonly text?: boolean;
  readonly id?: string;
  readonly by?: string;
  readonly role?: readonly string[];
  readonly taskQueue?: string;
}

export const fork = defineVerb<Options>({
  name: 'fork',
  summary: 'starts a new run from the state that another one had, with another answer or result if you like',
  examples: [
    'fork A-1001 --at 4 --programs ./payout.ts',
    `fork A-1001 --at 3 --answer '"voucher"' --id A-1001-voucher --by ann`,
    `fork A-1001 --at 1 --result 20`,
    'fork A-1001 --at 1 --fail "no such order"',
  ],
  declare: (command) => {
    const others = (...names: string[]): string[] => names;
    command
      .argument('<RUN>', 'the run; it may be running, and nothing in it changes')
      .requiredOption('--at <SEQ>', 'the last entry that the new run shares with it', (text) =>
        count(text, 0, Number.MAX_SAFE_INTEGER),
      )
      .addOption(
        new Option('--answer <VALUE>', 'another answer to what is asked there: JSON, @FILE, or -').conflicts(
          others('result', 'fail'),
        ),
      )
      .addOption(
        new Option(
          '--result <VALUE>',
          'another result of the action that is pending there: JSON, @FILE, or -',
        ).conflicts(others('answer', 'fail')),
      )
      .addOption(new Option('--fail <TEXT>', 'the action that is pending there fails with this text'))
      .option('--text', 'VALUE is a text, and not JSON')
      .option('--id <ID>', 'the new run’s id; default: the program’s name and a random id')
      .option('--by <NAME>', 'who forks: it starts the new run, and gives the answer')
      .option(
        '--role <NAME>',
        'what you are, where people with a role may answer; can be given several times',
        collected,
      )
      .option('--task-queue <NAME>', '(TEMPORAL_TASK_QUEUE; default temporal-kernel)');
    withServer(withPrograms(command));
  },
  run: async ({ args: [runId], options, session, terminal }) => {
    const alternate = await alternateOf(options);
    const kernel = await session.kernel(await session.programs('forking a run'));
    const { at, id, by } = options;
    const { runId: forked, forkedFrom } = await kernel.fork(runId ?? '', {
      at,
      ...(alternate === null ? {} : { alternate }),
      ...(id === undefined ? {} : { runId: id }),
      ...(by === undefined ? {} : { startedBy: by }),
    });
    const { seq, hash } = forkedFrom;
    const { taskQueue } = session.environment;
    const output: ForkOutput = { runId: forked, forkedFrom: { runId: forkedFrom.runId, seq, hash }, taskQueue };
    terminal.result(output, () => [
      `started ${terminal.styled('bold', forked)}  with the state of ${forkedFrom.runId} at ${seq}, on task queue ${taskQueue}`,
    ]);
    if (!terminal.json) terminal.note(`follow it: temporal-kernel watch ${forked}`);
    return EXIT.ok;
  },
});

async function alternateOf({ answer, result, fail, text, by, role }: Options): Promise<ForkAlternate | null> {
  const valueOf = async (given: string, what: string): Promise<Json> =>
    text === true ? given : await givenJson(given, what);
  if (answer !== undefined) {
    const speaker = { ...(by === undefined ? {} : { by }), ...(role === undefined ? {} : { roles: role }) };
    return { type: 'answer', value: await valueOf(answer, 'the answer'), ...speaker };
  }
  if (result !== undefined) {
    return { type: 'result', result: { type: 'success', output: await valueOf(result, 'the result') } };
  }
  return fail === undefined ? null : { type: 'result', result: { type: 'failure', error: fail } };
}
