/** `record`: the record of a run, its whole story in one file. */
import { recordRun } from '../../run-files';
import { EXIT } from '../exit-code';
import { withSource, type SourceOptions } from '../options';
import type { RecordOutput } from '../output/record';
import { RunReader } from '../run-reader';
import { defineVerb } from '../verb';

interface Options extends SourceOptions {
  readonly out?: string;
}

export const record = defineVerb<Options>({
  name: 'record',
  summary: 'the record of a run in one file: stages, calls, who was asked and who answered; it can be made again',
  examples: [
    'record A-1001 --out records/A-1001.json --programs ./refund.ts',
    'record A-1001.export.json',
    'record A-1001 --store runs.db',
  ],
  declare: (command) => {
    withSource(command.argument('[RUN|FILE]', 'a run id, or the path of an export or a history')).option(
      '-o, --out <FILE>',
      'the file; default: a file of the run’s name in TEMPORAL_KERNEL_RUN_DIR, or .temporal-kernel/runs',
    );
  },
  run: async (call) => {
    const { args, options, session, terminal } = call;
    const { run, store, source } = await new RunReader(call).open(args[0] ?? null);
    if (source === null)
      terminal.note('from a store there is no history: the record has no tries, and not who answered');
    const dataConverter = source === null ? undefined : await session.dataConverter();
    const saved = await recordRun({
      runId: run.runId,
      store,
      history: source === null ? null : { source, ...(dataConverter === undefined ? {} : { dataConverter }) },
      ...(options.out === undefined ? {} : { path: options.out }),
    });
    const { status, stages, tool_recordings: calls, hitl_questions: questions, child_runs: children } = saved.record;
    const output: RecordOutput = {
      runId: run.runId,
      path: saved.path,
      status,
      stages: stages.length,
      toolCalls: calls.length,
      questions: questions.length,
      childRuns: children.length,
    };
    terminal.result(output, () => [
      `recorded ${run.runId} in ${saved.path}: ${status}, ${stages.length} stages, ${calls.length} tool calls, ` +
        `${questions.length} questions, ${children.length} child runs`,
    ]);
    return EXIT.ok;
  },
});
