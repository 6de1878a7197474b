/** `show`: where a run stands. */
import type { ChainedLog } from '../../kernel';
import { askLines } from '../ask-output';
import { askedAtMs, deadlineOf } from '../asked-at';
import { durationText, timeText } from '../duration';
import { EXIT } from '../exit-code';
import { entryAt, type OpenedRun } from '../opened-run';
import { withSource, type SourceOptions } from '../options';
import type { ShowOutput } from '../output/show';
import { RunReader } from '../run-reader';
import { asksText, standingOf } from '../standing';
import { statusStyled } from '../status-style';
import { table } from '../table';
import type { Terminal } from '../terminal';
import { defineVerb } from '../verb';

/** The longest label, in characters. */
const LABEL_WIDTH = 'interrupt'.length;

export const show = defineVerb<SourceOptions>({
  name: 'show',
  summary: 'where a run stands: status, what it asks, state, hash',
  examples: ['show A-1001 --programs ./refund.ts', 'show A-1001 --store runs.db --json', 'show A-1001.export.json'],
  declare: (command) => {
    withSource(command.argument('[RUN|FILE]', 'a run id, or the path of an export or a history'));
  },
  run: async (call) => {
    const { args, terminal } = call;
    const output = await shown(await new RunReader(call).open(args[0] ?? null));
    terminal.result(output, () => lines(output, terminal));
    return EXIT.ok;
  },
});

async function shown(opened: OpenedRun): Promise<ShowOutput> {
  const { run, store, from, program } = opened;
  const { status, reason, asks, waitsFor, state, toolCalls, llmTokens, unread } = standingOf(run, program);
  const deadline = asks === null ? null : deadlineOf(asks, await askedAtMs(opened, asks));
  const fork = run.forkedFrom;
  const burst = await opened.burst();
  const last = run.head === 0 ? null : await entryAt(opened, run.head);
  return {
    runId: run.runId,
    program: run.program,
    version: run.version,
    tenant: store.tenant,
    from,
    status,
    reason,
    asks,
    deadline,
    waitsFor,
    head: run.head,
    hash: last?.hash ?? run.genesisHash,
    startedAt: timeText(run.startedAtMs),
    lastEntryAt: last === null ? null : timeText(last.origin.timeMs),
    parent: run.parent?.runId ?? null,
    startedBy: run.startedBy,
    forkedFrom: fork === null ? null : { runId: fork.runId, seq: fork.seq, hash: fork.hash },
    branchOf: run.branch?.of ?? null,
    toolCalls,
    llmTokens,
    unread,
    burst: burst === null ? null : { calls: burst.entries.filter(isResult).length, entries: burst.entries.length },
    state,
  };
}

function isResult({ event }: ChainedLog): boolean {
  return event.type === 'ActionSucceeded' || event.type === 'ActionFailed';
}

function lines(output: ShowOutput, terminal: Terminal): string[] {
  const {
    status,
    reason,
    asks,
    waitsFor,
    head,
    hash,
    startedAt,
    lastEntryAt,
    deadline,
    burst,
    forkedFrom: fork,
  } = output;
  const ask = asks?.type === 'interrupt' ? asks.ask : undefined;
  const also = reason ?? (asks === null ? waitsFor : asksText(asks));
  const ms = lastEntryAt === null ? 0 : Date.parse(lastEntryAt) - Date.parse(startedAt);
  const rows: (readonly [string, string] | null)[] = [
    ['run', terminal.styled('bold', output.runId)],
    ['program', `${output.program} v${output.version}, tenant ${output.tenant}`],
    ['status', `${statusStyled(terminal, status)}${also === null ? '' : `: ${also}`}`],
    asks?.type === 'interrupt' ? ['interrupt', asks.interruptId] : null,
    ...(ask === undefined ? [] : askLines(ask, deadline).slice(1)),
    [
      'started',
      `${startedAt}${output.startedBy === null ? '' : ` by ${output.startedBy}`}, last entry after ${durationText(ms)}`,
    ],
    output.parent === null ? null : ['parent', output.parent],
    output.branchOf === null ? null : ['branch of', output.branchOf],
    fork === null ? null : ['fork of', `${fork.runId} at ${fork.seq}`],
    ['spent', `${output.toolCalls} tool calls, ${output.llmTokens} tokens`],
    output.unread === 0 ? null : ['unread', `${output.unread} inputs`],
    ['log', `${head} entries, hash ${hash}`],
    burst === null ? null : ['burst', `${burst.calls} calls done that are not in the log yet`],
    ['state', JSON.stringify(output.state, null, 2).replaceAll('\n', `\n${' '.repeat(LABEL_WIDTH + 2)}`)],
  ];
  const labelled = rows.filter((row) => row !== null).map(([label, text]) => [label.padEnd(LABEL_WIDTH), text]);
  return table(labelled).flatMap((line) => line.split('\n'));
}
