/** `watch`: a run's log as it grows, until the run is blocked or has ended. */
import { KernelError, type StoredRun } from '../../kernel';
import { howToAnswer } from '../ask-output';
import { entryCells, entryOutput } from '../entry-output';
import { EXIT } from '../exit-code';
import { HistoryBell } from '../history-bell';
import { liveRun } from '../live-run';
import { entriesOf } from '../opened-run';
import { count, withPrograms, withServer, type ProgramOptions, type ServerOptions } from '../options';
import type { WatchLine } from '../output/watch';
import { asksText, hasEnded, standingOf, type Standing } from '../standing';
import { statusStyled } from '../status-style';
import type { Terminal } from '../terminal';
import { defineVerb, type Call } from '../verb';

interface Options extends ServerOptions, ProgramOptions {
  readonly follow?: boolean;
  readonly from: number;
}

/** How often it says that a run still runs, in milliseconds. */
const STILL_MS = 60_000;

export const watch = defineVerb<Options>({
  name: 'watch',
  summary:
    'follows a run until it is blocked or has ended; 0 when it is blocked or completed, 1 when it ended otherwise',
  examples: ['watch A-1001 --programs ./refund.ts', 'watch A-1001 --follow --json'],
  declare: (command) => {
    command
      .argument('<RUN>', 'the run')
      .option('--follow', 'go on when it is blocked, until it has ended')
      .option('--from <SEQ>', 'the first entry that is printed', (text) => count(text, 1, Number.MAX_SAFE_INTEGER), 1);
    withServer(withPrograms(command));
  },
  run: async (call) => {
    const standing = await followed(call, call.args[0] ?? '');
    return ['completed', 'blocked', 'paused'].includes(standing.status) ? EXIT.ok : EXIT.no;
  },
});

async function followed({ session, terminal, options }: Call<Options>, runId: string): Promise<Standing> {
  const { client, mirror, store } = await liveRun(session, runId);
  const bell = new HistoryBell(client, runId);
  let [next, told] = [options.from, ''];
  for (;;) {
    const report = await mirror.mirror(runId);
    const run = await store.loadRun(report.runId);
    if (run === null) throw new KernelError('RunNotFound', `run ${runId} has no log yet`);
    const program = await session.programOf(run.program, run.version);
    for await (const entry of entriesOf({ run, store }, next)) {
      next = entry.eventIndex + 1;
      if (terminal.json) line(terminal, { type: 'entry', ...entryOutput(entry) });
      else terminal.line(entryCells(entry, program, terminal).join('  ').trimEnd());
    }
    const standing = standingOf(run, program);
    if (hasEnded(standing) || (['blocked', 'paused'].includes(standing.status) && options.follow !== true)) {
      tell(terminal, run, report.hash, standing);
      return standing;
    }
    const says = (): string => `still ${standing.status}: it waits for ${standing.waitsFor ?? 'nothing'}`;
    const failure = await terminal.during(says, bell.rings(report.executionId), STILL_MS);
    if (failure === null || failure === told) continue;
    told = failure;
    terminal.note(
      `the workflow task fails: ${failure}\nNothing is lost: the run goes on when a worker with a mended program is there.`,
    );
  }
}

function tell(terminal: Terminal, { runId, head }: StoredRun, hash: string, standing: Standing): void {
  const { status, reason, asks, waitsFor } = standing;
  if (terminal.json) {
    line(terminal, { type: 'standing', runId, status, reason, asks, head, hash });
    return;
  }
  const also = reason ?? (asks === null ? (status === 'paused' ? waitsFor : null) : asksText(asks));
  terminal.line(
    `${terminal.styled('bold', runId)}  ${statusStyled(terminal, status)}${also === null ? '' : `: ${also}`}`,
  );
  if (asks?.type === 'interrupt') terminal.note(`to answer: temporal-kernel ${howToAnswer(runId, asks.ask)}`);
  if (status === 'paused') terminal.note(`to let it go on: temporal-kernel resume ${runId}`);
}

function line(terminal: Terminal, value: WatchLine): void {
  terminal.raw(`${JSON.stringify(value)}\n`);
}
