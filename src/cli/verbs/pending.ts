/** `pending`: the inbox. Every run that waits for somebody, and what it asks, whoever has waited longest first. */
import { durationText, timeText } from '../duration';
import { EXIT } from '../exit-code';
import { waitingOf, type Unreadable } from '../inbox';
import { withLimit, withPrograms, withServer, type LimitOptions, type SourceOptions } from '../options';
import type { PendingOutput } from '../output/pending';
import { listRuns } from '../run-listing';
import { asksText } from '../standing';
import { table } from '../table';
import { defineVerb, type Call } from '../verb';

interface Options extends Omit<SourceOptions, 'store' | 'history' | 'execution'>, LimitOptions {}

type Pending = PendingOutput['pending'][number];

export const pending = defineVerb<Options>({
  name: 'pending',
  summary: 'the inbox: the runs that wait for an answer or a signal, and what they ask',
  examples: ['pending --programs ./refund.ts', 'pending --tenant acme --json'],
  declare: (command) => {
    withServer(withPrograms(command)).optionsGroup('Options:');
    withLimit(command, 100, 1_000, 'runs');
  },
  run: async (call) => {
    const { terminal } = call;
    const output = await terminal.during(() => 'looking into runs …', inboxOf(call));
    const nowMs = Date.now();
    terminal.result(output, () =>
      table(
        output.pending.map(({ runId, program, asks, since }) => [
          terminal.styled('bold', runId),
          program,
          durationText(Math.max(0, nowMs - Date.parse(since))),
          asks.type === 'interrupt' ? asks.interruptId : '',
          terminal.styled('yellow', asksText(asks)),
        ]),
      ),
    );
    if (terminal.json) return EXIT.ok;
    for (const { runId, reason } of output.unreadable) terminal.note(`${runId} can't be read: ${reason}`);
    if (output.more) terminal.note('there are more: give --limit.');
    const [first] = output.pending;
    if (first === undefined) terminal.note('nobody waits');
    else if (first.asks.type === 'interrupt') terminal.note(`to answer: temporal-kernel answer ${first.runId} VALUE`);
    else terminal.note(`to send it: temporal-kernel answer ${first.runId} VALUE --signal ${first.asks.name}`);
    return EXIT.ok;
  },
});

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
    const { runId, program, tenant, parent } = run;
    found.push({ runId, program, tenant, parent, asks: waiting.asks, since: timeText(waiting.sinceMs) });
  }
  found.sort((one, other) => (one.since < other.since ? -1 : one.since > other.since ? 1 : 0));
  return { pending: found, more, unreadable };
}
