/** `replay`: whether the program of today would do the same again. Nothing is executed. */
import { KernelError } from '../../kernel';
import { replayRun } from '../../run-export';
import { EXIT } from '../exit-code';
import { withSource, type SourceOptions } from '../options';
import type { ReplayOutput } from '../output/replay';
import { RunReader } from '../run-reader';
import { defineVerb } from '../verb';

export const replay = defineVerb<SourceOptions>({
  name: 'replay',
  summary: 'asks the program of today whether it would do the same again, step by step; executes nothing',
  examples: ['replay A-1001 --programs ./refund.ts', 'replay fixtures/A-1001.json --programs ./refund.ts'],
  declare: (command) => {
    withSource(command.argument('[RUN|FILE]', 'a run id, or the path of an export or a history'));
  },
  run: async (call) => {
    const { args, session, terminal } = call;
    await session.programs('a replay');
    const { run, store, program } = await new RunReader(call).open(args[0] ?? null);
    if (program === null) {
      throw new KernelError('UnknownProgramVersion', `version ${run.version} of ${run.program} is not known here`);
    }
    const says = (): string => `replaying ${run.head} entries of ${run.runId} …`;
    const output: ReplayOutput = await terminal.during(says, replayRun(store, run.runId, program));
    const { ok, head, stateHash, problem, version } = output;
    terminal.result(output, () => [
      problem === null
        ? `${terminal.styled('green', 'same')}  ${run.runId}: ${head} entries, ${run.program} v${version} does the same again`
        : `${terminal.styled('red', 'DIFFERS')}  ${run.runId} at entry ${problem.seq}: ${problem.reason}`,
      `state hash ${stateHash}`,
    ]);
    return ok ? EXIT.ok : EXIT.no;
  },
});
