/** `export`: a run in one file, with everything that `verify` and `replay` need. */
import { writeFile } from 'node:fs/promises';
import { messageOf } from '../../kernel';
import { exportRun, runExportText } from '../../run-export';
import { EXIT } from '../exit-code';
import { TerminalError } from '../failure';
import { withSource, type SourceOptions } from '../options';
import type { ExportOutput } from '../output/export';
import { RunReader } from '../run-reader';
import { defineVerb } from '../verb';

interface Options extends SourceOptions {
  readonly out?: string;
  readonly force?: boolean;
}

/** `export` is no name for a variable. */
export const exportVerb = defineVerb<Options>({
  name: 'export',
  summary: 'a run in one file: log, hashes, snapshots, histories; a fixture and a test',
  examples: [
    'export A-1001 --out fixtures/A-1001.json --programs ./refund.ts',
    'export A-1001 --store runs.db > A-1001.json',
    'export --history histories/A-1001.json --out A-1001.export.json',
  ],
  declare: (command) => {
    withSource(command.argument('[RUN|FILE]', 'a run id, or the path of a history'))
      .option('-o, --out <FILE>', 'the file; without it, stdout')
      .option('--force', 'write over a file that is there');
  },
  run: async (call) => {
    const { args, options, terminal } = call;
    const reader = new RunReader(call, { keep: true });
    const { run, store, from } = await reader.open(args[0] ?? null);
    const exported = await exportRun(store, run.runId, reader.histories);
    if (from === 'store')
      terminal.note('from a store there are no histories: the file vouches for its log by hashes alone');
    const text = runExportText(exported);
    const { out } = options;
    if (out === undefined) {
      terminal.raw(text);
      return EXIT.ok;
    }
    await write(out, text, options.force === true);
    const output: ExportOutput = {
      runId: run.runId,
      path: out,
      head: exported.head,
      hash: exported.hash,
      snapshots: exported.snapshots.length,
      histories: exported.histories.length,
      bytes: Buffer.byteLength(text),
    };
    terminal.result(output, () => [
      `exported ${run.runId} to ${out}: ${output.head} entries, ${output.histories} histories, hash ${output.hash}`,
    ]);
    return EXIT.ok;
  },
});

async function write(path: string, text: string, force: boolean): Promise<void> {
  try {
    await writeFile(path, text, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    throw isThere
      ? new TerminalError(EXIT.usage, `${path} is there already`, 'give another --out, or --force.')
      : new TerminalError(EXIT.unreachable, `${path} can't be written: ${messageOf(error)}`, 'give another --out.');
  }
}
