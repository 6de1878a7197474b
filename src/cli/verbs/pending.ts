/** `pending`: the inbox. Every run that waits for somebody, and what it asks, whoever has waited longest first. */
import { askIn, type RunId } from '../../kernel';
import { askLines, askOutput, howToAnswer } from '../ask-output';
import { askedAtMs, deadlineOf } from '../asked-at';
import { durationText, timeText } from '../duration';
import { EXIT } from '../exit-code';
import { waitingOf, type Unreadable, type Waiting } from '../inbox';
import { withLimit, withPrograms, withServer, type LimitOptions, type SourceOptions } from '../options';
import type { PendingOutput } from '../output/pending';
import { listRuns } from '../run-listing';
import { RunReader } from '../run-reader';
import { asksText, type Asks } from '../standing';
import { table } from '../table';
import type { Terminal } from '../terminal';
import { defineVerb, type Call } from '../verb';

interface Options extends Omit<SourceOptions, 'store' | 'history' | 'execution'>, LimitOptions {
  readonly run?: string;
}

type Pending = PendingOutput['pending'][number];

/** The longest label, in characters. */
const LABEL_WIDTH = 'proposed'.length;

export const pending = defineVerb<Options>({
  name: 'pending',
  summary: 'the inbox: the runs that wait for an answer or a signal, and what they ask',
  examples: ['pending --programs ./refund.ts', 'pending --run A-1001', 'pending --tenant acme --json'],
  declare: (command) => {
    withServer(withPrograms(command)).optionsGroup('Options:');
    withLimit(command, 100, 1_000, 'runs').option(
      '--run <RUN>',
      'what this run and the runs that it has started ask; a worker must be there',
    );
  },
  run: async (call) => {
    const { terminal, options } = call;
    const { run } = options;
    const found = run === undefined ? inboxOf(call) : familyOf(call, run);
    const output = await terminal.during(() => 'looking into runs …', found);
    const nowMs = Date.now();
    terminal.result(output, () => lines(output.pending, nowMs, terminal));
    if (terminal.json) return EXIT.ok;
    for (const { runId, reason } of output.unreadable) terminal.note(`${runId} can't be read: ${reason}`);
    if (output.more) terminal.note('there are more: give --limit.');
    const [first] = output.pending;
    if (first === undefined) terminal.note('nobody waits');
    else if (first.asks.type === 'interrupt') {
      terminal.note(`to answer: temporal-kernel ${howToAnswer(first.runId, first.asks.ask)}`);
    } else terminal.note(`to send it: temporal-kernel answer ${first.runId} VALUE --signal ${first.asks.name}`);
    return EXIT.ok;
  },
});

/** A line for each, and below it what a person needs to decide. */
function lines(pending: readonly Pending[], nowMs: number, terminal: Terminal): string[] {
  const rows = table(
    pending.map(({ runId, program, asks, since }) => [
      terminal.styled('bold', runId),
      program,
      durationText(Math.max(0, nowMs - Date.parse(since))),
      asks.type === 'interrupt' ? asks.interruptId : '',
      terminal.styled('yellow', asksText(asks)),
    ]),
  );
  return pending.flatMap(({ asks, deadline }, index) => {
    const ask = asks.type === 'interrupt' ? asks.ask : undefined;
    // What it asks stands in its line.
    const details = ask === undefined ? [] : askLines(ask, deadline).slice(1);
    return [rows[index] ?? '', ...details.map(([label, text]) => `    ${label.padEnd(LABEL_WIDTH)}  ${text}`)];
  });
}

/** What one run asks, and what the runs that it has started ask, as they say it themselves. */
async function familyOf(call: Call<Options>, runId: RunId): Promise<PendingOutput> {
  const { session, options } = call;
  const kernel = await session.kernel(await session.programs('reading what runs ask'));
  const items = await kernel.inbox(runId);
  const found: Pending[] = [];
  for (const { runId: owner, id, value, ballot, form } of items.slice(0, options.limit)) {
    const opened = await new RunReader(call).open(owner);
    const ask = askIn(value);
    const known = ask === null || ballot === undefined ? {} : { ask: askOutput({ ask, ...ballot }) };
    const asks: Asks = { type: 'interrupt', interruptId: id, value, ...known };
    const { program, parent } = opened.run;
    found.push({
      ...pendingOf({ runId: owner, program, tenant: opened.store.tenant, parent: parent?.runId ?? null }, asks, {
        sinceMs: await askedAtMs(opened, asks),
      }),
      ...(form === undefined ? {} : { form }),
    });
  }
  return { pending: found, more: items.length > found.length, unreadable: [] };
}

async function inboxOf(call: Call<Options>): Promise<PendingOutput> {
  const { options, session } = call;
  const programs = (await session.programs('reading what runs ask')).map(({ name }) => name);
  const { tenant: whose } = session;
  const filter = { programs: [...new Set(programs)], statuses: ['running'] as const, tenant: whose, blockedOnce: true };
  const found: Pending[] = [];
  const unreadable: Unreadable[] = [];
  let more = false;
  for await (const run of listRuns(await session.client(), filter)) {
    const waiting = await waitingOf(call, run);
    if (waiting === null) continue;
    if ('reason' in waiting) {
      unreadable.push(waiting);
      continue;
    }
    more = found.length === options.limit;
    if (more) break;
    found.push(pendingOf(run, waiting.asks, waiting));
  }
  found.sort((one, other) => (one.since < other.since ? -1 : one.since > other.since ? 1 : 0));
  return { pending: found, more, unreadable };
}

function pendingOf(
  { runId, program, tenant, parent }: Pick<Pending, 'runId' | 'program' | 'tenant' | 'parent'>,
  asks: Asks,
  { sinceMs }: Pick<Waiting, 'sinceMs'>,
): Pending {
  return { runId, program, tenant, parent, asks, since: timeText(sinceMs), deadline: deadlineOf(asks, sinceMs) };
}
