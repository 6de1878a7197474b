/** `start`: starts a run of a program. */
import { ProgramSet } from '../../kernel';
import { EXIT } from '../exit-code';
import { givenJson } from '../given-json';
import { count, withPrograms, withServer, type ProgramOptions, type ServerOptions } from '../options';
import type { StartOutput } from '../output/start';
import { defineVerb } from '../verb';

interface Options extends ServerOptions, ProgramOptions {
  readonly runId?: string;
  readonly taskQueue?: string;
  readonly continueAfterEvents?: number;
  readonly by?: string;
}

export const start = defineVerb<Options>({
  name: 'start',
  summary: 'starts a run of a program',
  examples: [
    `start refund '{"order":"A-1001"}' --run-id A-1001`,
    'start refund @order.json --programs ./refund.ts',
    'start refund - --json < order.json',
    `start payout '{"order":"A-1001"}' --by cid`,
  ],
  declare: (command) => {
    command
      .argument('<PROGRAM>', 'the name of a program; its newest version is started')
      .argument('[STATE]', 'the initial state: JSON, @FILE, or - for stdin; default null')
      .option('--run-id <ID>', 'default: the program’s name and a random id')
      .option('--by <NAME>', 'who starts it: where another person must approve, the run has to know')
      .option('--task-queue <NAME>', '(TEMPORAL_TASK_QUEUE; default temporal-kernel)')
      .option('--continue-after-events <N>', 'continue as new after so many history events', (text) =>
        count(text, 20, 50_000),
      );
    withServer(withPrograms(command));
  },
  run: async ({ args: [name, given], options, session, terminal }) => {
    const programs = await session.programs('starting a run');
    const { version } = new ProgramSet(programs).newest(name ?? '');
    const initialState = given == null ? null : await givenJson(given, 'the initial state');
    const kernel = await session.kernel(programs);
    const { runId, continueAfterEvents, by } = options;
    const started = await kernel.start(name ?? '', {
      initialState,
      ...(runId === undefined ? {} : { runId }),
      ...(continueAfterEvents === undefined ? {} : { continueAfterEvents }),
      ...(by === undefined ? {} : { startedBy: by }),
    });
    const { taskQueue } = session.environment;
    const output: StartOutput = { runId: started.runId, program: name ?? '', version, taskQueue };
    terminal.result(output, () => [
      `started ${terminal.styled('bold', output.runId)}  ${output.program} v${version} on task queue ${taskQueue}`,
    ]);
    if (!terminal.json) terminal.note(`follow it: temporal-kernel watch ${output.runId}`);
    return EXIT.ok;
  },
});
