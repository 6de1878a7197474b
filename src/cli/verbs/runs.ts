/** `runs`: the runs of programs in a namespace, the newest first. */
import { InvalidArgumentError } from 'commander';
import { durationText, timeText } from '../duration';
import { EXIT } from '../exit-code';
import { waitingOf, type Waiting } from '../inbox';
import { withLimit, withPrograms, withServer, type LimitOptions, type SourceOptions } from '../options';
import type { RunsOutput } from '../output/runs';
import { LISTED_STATUSES, listRuns, type ListedRun, type ListedStatus } from '../run-listing';
import { asksText } from '../standing';
import { statusStyled } from '../status-style';
import { table } from '../table';
import { defineVerb, type Call } from '../verb';

interface Options extends Omit<SourceOptions, 'store' | 'history' | 'execution'>, LimitOptions {
  readonly program?: readonly string[];
  readonly status?: readonly ListedStatus[];
  readonly waiting?: boolean;
}

type Row = RunsOutput['runs'][number];

export const runs = defineVerb<Options>({
  name: 'runs',
  summary: 'the runs of programs, the newest first',
  examples: [
    'runs --programs ./refund.ts',
    'runs --program refund --status failed --status timedOut --limit 20',
    'runs --waiting --tenant acme --json',
  ],
  declare: (command) => {
    withServer(withPrograms(command)).optionsGroup('Options:');
    command
      .option(
        '--program <NAME>',
        'runs of this program; can be given several times; default all that are named',
        several,
      )
      .option('--status <STATUS>', `${LISTED_STATUSES.join(', ')}; can be given several times`, statuses)
      .option('--waiting', 'only runs that wait for an answer or a signal, and what they ask (needs the programs)');
    withLimit(command, 50, 1_000, 'runs');
  },
  run: async (call) => {
    const { terminal } = call;
    const output = await terminal.during(() => 'listing …', listed(call));
    terminal.result(output, () =>
      table(
        output.runs.map(({ runId, program, status, tenant, startedAt, closedAt, asks }) => [
          terminal.styled('bold', runId),
          program,
          statusStyled(terminal, asks === null ? status : 'blocked'),
          tenant,
          startedAt,
          asks === null
            ? closedAt === null
              ? ''
              : durationText(Date.parse(closedAt) - Date.parse(startedAt))
            : asksText(asks),
        ]),
      ),
    );
    if (terminal.json) return EXIT.ok;
    for (const { runId, reason } of output.unreadable) terminal.note(`${runId} can't be read: ${reason}`);
    if (output.more) terminal.note('there are more: give --limit, or filter.');
    return EXIT.ok;
  },
});

async function listed(call: Call<Options>): Promise<RunsOutput> {
  const { options, session } = call;
  const waiting = options.waiting === true;
  const programs =
    options.program ?? (await session.programs('listing runs (or name some with --program)')).map(({ name }) => name);
  const statuses = waiting ? (['running'] as const) : (options.status ?? []);
  const found: Row[] = [];
  const unreadable: { runId: string; reason: string }[] = [];
  const filter = { programs: [...new Set(programs)], statuses, tenant: session.tenant, blockedOnce: waiting };
  for await (const run of listRuns(await session.client(), filter)) {
    const asks = waiting ? await waitingOf(call, run) : null;
    if (waiting && asks === null) continue;
    if (asks !== null && 'reason' in asks) {
      unreadable.push(asks);
      continue;
    }
    if (found.length === options.limit) return { runs: found, more: true, unreadable };
    found.push(rowOf(run, asks));
  }
  return { runs: found, more: false, unreadable };
}

function rowOf({ startedAtMs, closedAtMs, ...run }: ListedRun, waiting: Waiting | null): Row {
  return {
    ...run,
    startedAt: timeText(startedAtMs),
    closedAt: closedAtMs === null ? null : timeText(closedAtMs),
    asks: waiting?.asks ?? null,
    since: waiting === null ? null : timeText(waiting.sinceMs),
  };
}

function several(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function statuses(value: string, before: readonly ListedStatus[] = []): readonly ListedStatus[] {
  const status = LISTED_STATUSES.find((known) => known === value);
  if (status !== undefined) return [...before, status];
  throw new InvalidArgumentError(`give one of ${LISTED_STATUSES.join(', ')}.`);
}
