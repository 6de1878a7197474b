/**
 * `verify`: whether a log is whole, and whether Temporal's history gives that very log. A run on the server is folded, and the fold is
 * checked against the hashes with which the history vouches for itself; a stored one is compared with the history, where a server is
 * there; a file is checked by what is in it.
 */
import { isKernelError, messageOf, ownIdOf, verifyStoredChain } from '../../kernel';
import { LogReplay, Mirror, ServerHistorySource, type HistorySource, type Verdict } from '../../mirror';
import { verifyRunExport } from '../../run-export';
import { EXIT } from '../exit-code';
import { TerminalError } from '../failure';
import type { OpenedRun } from '../opened-run';
import { withSource, type SourceOptions } from '../options';
import type { VerifyOutput } from '../output/verify';
import { namedBy, RunReader } from '../run-reader';
import type { Session } from '../session';
import { defineVerb, type Call } from '../verb';

interface Options extends SourceOptions {
  readonly workflows?: string;
  readonly againstServer?: boolean;
}

export const verify = defineVerb<Options>({
  name: 'verify',
  summary: 'whether a log is whole and is the one that Temporal’s history gives; names the first entry that is wrong',
  examples: [
    'verify A-1001 --programs ./refund.ts --workflows ./workflows.ts',
    'verify fixtures/A-1001.json --programs ./refund.ts',
    'verify A-1001 --store runs.db --against-server',
    'verify A-1001 --store runs.db',
  ],
  declare: (command) => {
    withSource(command.argument('[RUN|FILE]', 'a run id, or the path of an export or a history'))
      .option(
        '--workflows <FILE>',
        'the workflows file: replay the history with the real code as well (TEMPORAL_KERNEL_WORKFLOWS)',
      )
      .option('--against-server', 'with --store: compare with the server’s history, and not with hashes alone');
  },
  run: async (call) => {
    const { args, terminal } = call;
    const { runId, verdict } = await terminal.during(() => 'verifying …', verified(call, args[0] ?? null));
    const output: VerifyOutput = { runId, ...verdict };
    terminal.result(output, () => {
      const { ok, checks, head, hash, problems } = output;
      const word = ok ? terminal.styled('green', 'verified') : terminal.styled('red', 'WRONG');
      return [
        `${word}  ${runId}: ${head} entries (${checks.join(', ')})`,
        `hash ${hash}`,
        ...problems.map(({ check, seq, historyEventId, reason }) => {
          return `  ${check}: entry ${seq ?? '?'}, history event ${historyEventId ?? '?'}: ${reason}`;
        }),
      ];
    });
    return verdict.ok ? EXIT.ok : EXIT.no;
  },
});

async function verified(
  call: Call<Options>,
  name: string | null,
): Promise<{ readonly runId: string; readonly verdict: Verdict }> {
  const { session } = call;
  const named = await namedBy(name);
  const replay = await replayOf(session);
  const dataConverter = await session.dataConverter();
  if (named.type === 'export') {
    const { exported } = named;
    const programs = await session.programsIfAny();
    const verdict = await verifyRunExport(exported, {
      programs,
      ...(replay === null ? {} : { replay }),
      ...(dataConverter === undefined ? {} : { dataConverter }),
    });
    return { runId: exported.run.runId, verdict };
  }
  let opened: OpenedRun;
  try {
    opened = await new RunReader(call).open(name);
  } catch (error) {
    // A history that the program could not have made is an answer here, and no accident.
    if (!isKernelError(error, 'HistoryMismatch')) throw error;
    const eventId = /\bevent (\d+)\b/.exec(messageOf(error))?.[1];
    const historyEventId = eventId === undefined ? null : Number(eventId);
    const problem = { check: 'fold', seq: error.seq, historyEventId, reason: messageOf(error) } as const;
    return { runId: name ?? '', verdict: { ok: false, checks: ['fold'], head: 0, hash: '', problems: [problem] } };
  }
  const { run, store } = opened;
  const source = await sourceOf(call, opened);
  if (source === null) return { runId: run.runId, verdict: await chainOf(opened) };
  const programs = await session.programs('comparing with a history');
  const mirror = new Mirror({ source, programs, store, ...(dataConverter === undefined ? {} : { dataConverter }) });
  return { runId: run.runId, verdict: await mirror.verify(run.runId, replay === null ? {} : { replay }) };
}

/** The histories to compare a log with; null for a stored one that is to be checked by its hashes. */
async function sourceOf(
  { session, options }: Call<Options>,
  { source, from, run }: OpenedRun,
): Promise<HistorySource | null> {
  if (from !== 'store') return source;
  if (options.againstServer !== true) return null;
  const server = new ServerHistorySource(await session.client());
  await server.currentExecution(ownIdOf(run));
  return server;
}

async function chainOf({ run, store }: OpenedRun): Promise<Verdict> {
  const chain = await verifyStoredChain(store, run.runId);
  if (chain.ok) return { ok: true, checks: ['chain'], head: chain.head, hash: chain.hash, problems: [] };
  const problem = { check: 'chain', seq: chain.seq, historyEventId: null, reason: chain.reason } as const;
  return { ok: false, checks: ['chain'], head: run.head, hash: '', problems: [problem] };
}

async function replayOf(session: Session): Promise<LogReplay | null> {
  const { workflows } = session.environment;
  if (workflows === null) return null;
  if (workflows.type === 'bundle') {
    const advice = 'name the workflows file with --workflows: a bundle has no observer of the log in it.';
    throw new TerminalError(EXIT.usage, 'a replay can not be made with a workflow bundle', advice);
  }
  const dataConverter = await session.dataConverter();
  return await LogReplay.of({
    workflowsPath: workflows.path,
    ...(dataConverter === undefined ? {} : { dataConverter }),
  });
}
