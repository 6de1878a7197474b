/** The executable on a real server: every verb, the shape of what it prints as JSON, and how it fails. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { z } from 'zod';
import { KernelClient } from '../../src/client';
import { AnswerOutput } from '../../src/cli/output/answer';
import { CancelOutput } from '../../src/cli/output/cancel';
import { DiffOutput } from '../../src/cli/output/diff';
import { DoctorOutput } from '../../src/cli/output/doctor';
import { EventsOutput } from '../../src/cli/output/events';
import { ExportOutput } from '../../src/cli/output/export';
import { FailureOutput } from '../../src/cli/output/failure';
import { PendingOutput } from '../../src/cli/output/pending';
import { ProgramsOutput } from '../../src/cli/output/programs';
import { ReplayOutput } from '../../src/cli/output/replay';
import { RunsOutput } from '../../src/cli/output/runs';
import { ShowOutput } from '../../src/cli/output/show';
import { StartOutput } from '../../src/cli/output/start';
import { StateOutput } from '../../src/cli/output/state';
import { TimelineOutput } from '../../src/cli/output/timeline';
import { VerifyOutput } from '../../src/cli/output/verify';
import { WatchLine } from '../../src/cli/output/watch';
import { VERBS } from '../../src/cli/verbs';
import { historyToJson, Mirror } from '../../src/mirror';
import { parseRunExport, readRunExport, replayRunExport, verifyRunExport } from '../../src/run-export';
import { executionsOf } from '../../src/runs/execution-chain';
import { SqliteStore } from '../../src/stores';
import { obtainExecutable } from '../../tools/server';
import { startOwnServer, type OwnServer } from '../mirror/service-server';
import { journeyman, novice, player, playing, starting } from '../support/player';
import { PROGRAMS, type RunHarness } from '../support/run-harness';
import { until } from '../support/until';
import { CompiledTerminal, type CallOptions, type Ended } from './compiled-terminal';
import { RefusingServer } from './refusing-server';

jest.setTimeout(120_000);

let own: OwnServer;
let harness: RunHarness;
let terminal: CompiledTerminal;
let store: string;

const call = (args: readonly string[], options?: CallOptions): Promise<Ended> => terminal.call(args, options);

/** Calls a verb for JSON, and holds what it prints against its schema. */
async function json<S extends z.ZodType>(
  schema: S,
  args: readonly string[],
  { code = 0, ...options }: CallOptions & { readonly code?: number } = {},
): Promise<z.infer<S>> {
  const ended = await call([...args, '--json'], options);
  if (ended.code !== code)
    throw new Error(`${args.join(' ')} ended with ${ended.code}:\n${ended.stdout}\n${ended.stderr}`);
  return schema.parse(JSON.parse(ended.stdout));
}

const linesOf = (stdout: string): string[] => stdout.split('\n').filter((line) => line !== '');

/** Offline means offline: whoever asks a server gets an error. */
const NO_SERVER: CallOptions = { env: { TEMPORAL_ADDRESS: '127.0.0.1:1' } };

beforeAll(async () => {
  own = await startOwnServer();
  harness = await own.harness();
  await harness.startWorker();
  terminal = CompiledTerminal.make({
    TEMPORAL_ADDRESS: own.server.address,
    TEMPORAL_NAMESPACE: own.server.namespace,
    TEMPORAL_TASK_QUEUE: harness.taskQueue,
  });
  const { kernel } = harness;
  const begin = { call: 'echo', input: 'A' };
  await kernel.start('player', { runId: 'asking', initialState: playing(begin, { note: 1 }, { ask: 'go on?' }) });
  await kernel.start('player', { runId: 'paying', initialState: playing({ wait: 'payment' }) });
  const family = playing({ call: 'flaky', input: { failures: 2 } }, starting('novice', [{ note: 'child' }]), {
    sleep: 3,
  });
  await kernel.start('player', { runId: 'family', initialState: family });
  await kernel.start('player', { runId: 'one', initialState: playing(begin, { note: 1 }, { ask: 'well?' }) });
  await kernel.start('player', { runId: 'other', initialState: playing(begin, { note: 1 }, { ask: 'well?' }) });
  await kernel.start('player', {
    runId: 'failing',
    initialState: playing({ call: 'failing', input: { message: 'no' } }),
  });
  await kernel.start('player', { runId: 'forbidden', initialState: playing({ call: 'forbidden' }) });
  const echoes = Array.from({ length: 12 }, (_, input) => ({ call: 'echo', input }));
  await kernel.start('player', { runId: 'long', initialState: playing(...echoes), continueAfterEvents: 20 });
  const acme = new KernelClient({
    client: own.client,
    programs: PROGRAMS,
    taskQueue: harness.taskQueue,
    tenant: 'acme',
  });
  await acme.start('novice', { runId: 'theirs', initialState: playing({ ask: 'theirs?' }) });
  for (const runId of ['asking', 'paying', 'family', 'one', 'other', 'failing', 'forbidden', 'long', 'theirs']) {
    await kernel.runUntilBlocked(runId);
  }
  await kernel.resume('one', 'yes');
  await kernel.resume('other', { approve: true });
  for (const runId of ['one', 'other']) await kernel.runUntilBlocked(runId);
  store = join(terminal.directory, 'runs.db');
  const kept = SqliteStore.open(store);
  const mirror = new Mirror({ client: own.client, programs: [player, novice, journeyman], store: kept });
  for (const runId of ['asking', 'family', 'one', 'long']) await mirror.mirror(runId);
  await kept.close();
  await until(async () => (await own.client.workflow.count('ExecutionStatus != "ContinuedAsNew"')).count >= 10);
}, 120_000);

afterAll(async () => {
  terminal.remove();
  await harness.close();
  await own.stop();
});

describe('given programs and a server', () => {
  test('when programs are listed, then they are told with their tools, and no server is asked', async () => {
    const { programs } = await json(ProgramsOutput, ['programs'], NO_SERVER);
    expect(programs.map(({ name }) => name).sort()).toEqual(['journeyman', 'novice', 'player']);
    const [found] = programs.filter(({ name }) => name === 'player');
    expect(found?.tools).toContainEqual({ name: 'novice', description: 'Plays a script.', program: 'novice' });
    expect(found?.providers).toEqual(['oracle']);
  });

  test('when a run is started, watched and answered, then it goes on to its end, and each step says what comes next', async () => {
    const state = JSON.stringify(playing({ note: 1 }, { ask: { question: 'go on?' } }, { call: 'echo', input: 2 }));
    const started = await json(StartOutput, ['start', 'player', '-', '--run-id', 'begun'], { stdin: state });
    expect(started).toEqual({ runId: 'begun', program: 'player', version: 1, taskQueue: harness.taskQueue });

    const watched = await call(['watch', 'begun']);
    expect(watched).toMatchObject({ code: 0, stderr: expect.stringContaining('temporal-kernel answer begun VALUE') });
    expect(watched.stdout).toMatch(
      /StateUpdated {2}line-0 1\n[^]*Interrupted[^]*begun {2}blocked: asks \{"question":"go on\?"\}/,
    );

    const refused = await call(['answer', 'begun', '17']);
    expect(refused).toMatchObject({ code: 5, stderr: expect.stringContaining('What to do:') });
    expect(await json(AnswerOutput, ['answer', 'begun', 'yes', '--text', '--interrupt', 'begun-2'])).toMatchObject({
      seq: 3,
    });
    const { code, stdout } = await call(['watch', 'begun', '--from', '3', '--json']);
    const lines = linesOf(stdout).map((line) => WatchLine.parse(JSON.parse(line)));
    expect(code).toBe(0);
    expect(lines.map((line) => (line.type === 'entry' ? line.seq : line.status))).toEqual([3, 4, 5, 6, 'completed']);
    const late = await call(['answer', 'begun', '"yes"', '--json']);
    expect([late.code, FailureOutput.parse(JSON.parse(late.stderr)).error.code]).toEqual([5, 'RunFinished']);
  });

  test('when a run is watched while it moves and continues as new, then entries come as they are made, until it has ended', async () => {
    const echoes = Array.from({ length: 8 }, (_, input) => ({ call: 'echo', input }));
    const initialState = playing({ ask: 1 }, ...echoes, { note: 'after' });
    await harness.kernel.start('player', { runId: 'live', initialState, continueAfterEvents: 20 });
    const answered: Promise<unknown>[] = [];
    const { code, stdout } = await call(['watch', 'live', '--follow'], {
      onPrinted: (printed) => {
        if (printed.includes('Interrupted') && answered.length === 0)
          answered.push(harness.kernel.resume('live', 'go'));
      },
    });
    await Promise.all(answered);
    expect(code).toBe(0);
    const kinds = linesOf(stdout).map(
      (line) => /Interrupted|Resumed|StateUpdated|Action\w+|Completed|completed$/.exec(line)?.[0],
    );
    const asked = echoes.flatMap(() => ['ActionRequested', 'ActionSucceeded']);
    expect(kinds).toEqual(['Interrupted', 'Resumed', ...asked, 'StateUpdated', 'Completed', 'completed']);
    expect((await executionsOf(own.client, 'live')).length).toBeGreaterThan(1);
  });

  test('when a run that failed or was denied is watched, then it says why, and the code is 1', async () => {
    const [failed, denied] = await Promise.all([call(['watch', 'failing']), call(['watch', 'forbidden'])]);
    expect(failed).toMatchObject({ code: 1, stdout: expect.stringMatching(/^failing {2}failed: Executor: no$/m) });
    expect(denied).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^forbidden {2}denied: PolicyDenied: tool not/m),
    });
  });

  test('when a run is cancelled, then it is asked to stop, and ends', async () => {
    await harness.kernel.start('player', { runId: 'stopped', initialState: playing({ sleep: 3_600_000 }) });
    expect(await json(CancelOutput, ['cancel', 'stopped'])).toEqual({ runId: 'stopped', asked: true });
    await harness.kernel.runUntilBlocked('stopped');
    expect(await json(ShowOutput, ['show', 'stopped'])).toMatchObject({
      status: 'cancelled',
      asks: null,
      waitsFor: null,
    });
    expect((await call(['cancel', 'stopped'])).code).toBe(5);
  });

  test('when runs are listed, then filters let through what they say, and a limit says that there is more', async () => {
    const all = await json(RunsOutput, ['runs']);
    const row = (runId: string) => all.runs.find((run) => run.runId === runId);
    expect(row('asking')).toMatchObject({ program: 'player', status: 'running', tenant: 'default', asks: null });
    expect(row('family-3')).toMatchObject({ program: 'novice', status: 'completed', parent: 'family' });
    expect(row('theirs')).toMatchObject({ tenant: 'acme' });
    const some = await json(RunsOutput, ['runs', '--program', 'novice', '--tenant', 'acme', '--status', 'running']);
    expect(some.runs.map(({ runId }) => runId)).toEqual(['theirs']);
    const failed = await json(RunsOutput, ['runs', '--status', 'failed', '--limit', '1']);
    expect(failed).toMatchObject({ runs: [{ status: 'failed' }], more: true });
    const waiting = await json(RunsOutput, ['runs', '--waiting', '--tenant', 'default']);
    expect(waiting.runs.map(({ runId }) => runId).sort()).toEqual(['asking', 'paying']);
    const text = await call(['runs', '--waiting']);
    expect(text.stdout).toMatch(/^asking +player +blocked +default .*asks "go on\?"$/m);
  });

  test('when the inbox is opened, then whoever waits is in it with what is asked; and a signal can be sent', async () => {
    const { pending, unreadable } = await json(PendingOutput, ['pending']);
    expect(unreadable).toEqual([]);
    const asked = pending.map(({ runId, asks }) => [runId, asks]);
    expect(asked).toContainEqual(['asking', { type: 'interrupt', interruptId: 'asking-4', value: 'go on?' }]);
    expect(asked).toContainEqual(['theirs', { type: 'interrupt', interruptId: 'theirs-1', value: 'theirs?' }]);
    expect(asked).toContainEqual(['paying', { type: 'signal', name: 'payment' }]);
    const sent = await json(AnswerOutput, ['answer', 'paying', '{"amount":60}', '--signal', 'payment']);
    expect(sent).toEqual({ runId: 'paying', seq: null, again: false, signal: 'payment' });
    expect(await harness.kernel.runUntilBlocked('paying')).toEqual({ status: 'completed' });
  });

  test('when a program is not the one that ran, then the inbox names the run that it can’t read, and shows the others', async () => {
    const changed = join(terminal.directory, 'changed.js');
    const text = await readFile(terminal.programs, 'utf8');
    await writeFile(changed, text.replace('definePlayer("novice", playerTools)', 'definePlayer("novice", {})'));
    await harness.kernel.start('novice', {
      runId: 'odd',
      initialState: playing({ call: 'echo', input: 1 }, { ask: 1 }),
    });
    await harness.kernel.runUntilBlocked('odd');
    const { pending, unreadable } = await json(PendingOutput, ['pending', '--programs', changed]);
    expect(unreadable).toEqual([{ runId: 'odd', reason: expect.stringContaining('event') }]);
    expect(pending.map(({ runId }) => runId)).toContain('asking');
    await harness.kernel.cancel('odd');
  });
});

describe('given runs to read', () => {
  test('when a run is shown, from the server, a store or a file, then it is the same run', async () => {
    const live = await json(ShowOutput, ['show', 'asking']);
    expect(live).toMatchObject({ from: 'server', status: 'blocked', head: 4, toolCalls: 1, unread: 0, parent: null });
    expect(live.state).toMatchObject({ at: 2, asking: true, notes: [1] });
    expect(await json(ShowOutput, ['show', 'asking', '--store', store], NO_SERVER)).toEqual({ ...live, from: 'store' });
    const history = await exported('asking');
    expect(await json(ShowOutput, ['show', history], NO_SERVER)).toEqual({ ...live, from: 'history' });
    const named = ['show', 'asking', '--history', history];
    expect(await json(ShowOutput, named, NO_SERVER)).toEqual({ ...live, from: 'history' });
    expect((await call(['show', 'asking'])).stdout).toMatch(/^status +blocked: asks "go on\?"\ninterrupt +asking-4$/m);
  });

  test('when its log is read, then pages follow each other, with the hashes that the run itself tells', async () => {
    const told = await harness.kernel.log('long');
    const first = await json(EventsOutput, ['events', 'long', '--limit', '10']);
    expect(first).toMatchObject({ head: told.length, next: 11 });
    const rest = await json(EventsOutput, ['events', 'long', '--from', '11', '--store', store], NO_SERVER);
    expect(rest.next).toBeNull();
    const hashes = [...first.entries, ...rest.entries].map(({ seq, hash, stateHash }) => [seq, hash, stateHash]);
    expect(hashes).toEqual(told.map(({ eventIndex, hash, stateHash }) => [eventIndex, hash, stateHash]));
    const text = await call(['events', 'asking']);
    expect(linesOf(text.stdout)[0]).toMatch(/^ {4}1 {2}[\d:.]{12} {2}ActionRequested +echo "A"$/);
  });

  test('when it is drawn, then steps, retries, waits and child runs are in it', async () => {
    const drawn = await json(TimelineOutput, ['timeline', 'family']);
    expect(drawn).toMatchObject({ status: 'completed', entriesLeftOut: 0 });
    expect(drawn.steps.map(({ kind, from, to, attempts }) => [kind, from, to, attempts])).toEqual([
      ['tool', 1, 2, 3],
      ['child', 3, 4, null],
      ['sleep', 5, 6, null],
      ['end', 7, null, null],
    ]);
    expect(drawn.steps[1]).toMatchObject({ childRunId: 'family-3', child: { runId: 'family-3', program: 'novice' } });
    const { stdout } = await call(['timeline', 'family']);
    expect(stdout).toMatch(/^family {2}player v1 {2}completed/);
    expect(stdout).toMatch(/^1-2 ● flaky .*▏ +\d+ (ms|s) ×3$/m);
    expect(stdout).toMatch(/^3-4 ▶ novice .* family-3\n +1 +· line-0 "child"/m);
    const waiting = await json(TimelineOutput, ['timeline', 'asking', '--store', store], NO_SERVER);
    expect(waiting.steps.at(-1)).toMatchObject({ kind: 'question', what: '"go on?"', outcome: 'open', endedAt: null });
  });

  test('when its state is asked for, then it is that after the entry, and the hash of the log', async () => {
    const told = await harness.kernel.log('asking');
    const at = await json(StateOutput, ['state', 'asking', '--at', '2', '--store', store], NO_SERVER);
    expect(at).toMatchObject({ seq: 2, stateHash: told[1]!.stateHash, state: { results: ['A'], notes: [] } });
    expect(await json(StateOutput, ['state', 'asking', '--at', '0'])).toMatchObject({ seq: 0, state: { at: 0 } });
    expect((await call(['state', 'asking', '--at', '99'])).code).toBe(4);
    const blind = { env: { ...NO_SERVER.env, TEMPORAL_KERNEL_PROGRAMS: '' }, alone: true };
    const without = await call(['state', 'asking', '--at', '2', '--store', store], blind);
    expect(without).toMatchObject({ code: 2, stderr: expect.stringContaining('--programs') });
  });

  test('when two runs are compared, then the first difference is named, and what differs in event and state', async () => {
    const differing = await json(DiffOutput, ['diff', 'one', 'other'], { code: 1 });
    expect(differing).toMatchObject({ same: false, seq: 5, in: ['event', 'state'], a: { runId: 'one', head: 6 } });
    expect(differing.event).toEqual([{ path: '/Resumed/value', a: 'yes', b: { approve: true } }]);
    expect(differing.state).toEqual([{ path: '/answers/0', a: 'yes', b: { approve: true } }]);
    const text = await call(['diff', 'one', 'other']);
    expect(text).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('- /answers/0  "yes"\n  + /answers/0  {"approve":true}'),
    });
    expect(await json(DiffOutput, ['diff', 'one', 'one'])).toMatchObject({ same: true, seq: null });
    expect(await json(DiffOutput, ['diff', 'one', 'asking'], { code: 1 })).toMatchObject({
      seq: 0,
      in: ['initialState'],
    });
  });

  test('when it is replayed with today’s program, then the same comes out; with a changed one the first other entry is named', async () => {
    const same = await json(ReplayOutput, ['replay', 'long', '--store', store], NO_SERVER);
    expect(same).toMatchObject({ ok: true, head: 25, problem: null });
    const changed = join(terminal.directory, 'restless.js');
    const text = await readFile(terminal.programs, 'utf8');
    await writeFile(changed, text.replace('interrupt(line.ask)', 'interrupt(0)'));
    expect(await readFile(changed, 'utf8')).not.toBe(text);
    const args = ['replay', 'asking', '--store', store, '--programs', changed];
    expect(await json(ReplayOutput, args, { ...NO_SERVER, code: 1 })).toMatchObject({ ok: false, problem: { seq: 4 } });
  });

  test('when it is verified, then the checks that can be made are made', async () => {
    // As a user's would: from the same package as the executable.
    const workflows = join(terminal.directory, 'workflows.js');
    await writeFile(
      workflows,
      "exports.player = require('./dist/workflow').programWorkflow(require('./player').player);",
    );
    const live = await json(VerifyOutput, ['verify', 'long', '--workflows', workflows]);
    expect(live).toMatchObject({ ok: true, checks: ['chain', 'fold', 'replay'], head: 25 });
    const chain = await json(VerifyOutput, ['verify', 'long', '--store', store], NO_SERVER);
    expect(chain).toMatchObject({ ok: true, checks: ['chain'], hash: live.hash });
    const against = await json(VerifyOutput, ['verify', 'long', '--store', store, '--against-server']);
    expect(against).toMatchObject({ ok: true, checks: ['chain', 'fold'], hash: live.hash });
  });

  test('when a mirror is asked for, then it is the one of npm run mirror', async () => {
    const ended = await call(['mirror', '--store', join(terminal.directory, 'm.db'), '--once', '--verify', '--json']);
    expect(ended.code).toBe(0);
    expect(JSON.parse(linesOf(ended.stdout).at(-1)!)).toMatchObject({ type: 'summary', failed: 0 });
    expect((await call(['mirror', '--help'])).stdout).toContain('--sweep-interval-ms');
  });
});

describe('given an exported run', () => {
  let file: string;
  beforeAll(async () => {
    file = join(terminal.directory, 'long.export.json');
    const output = await json(ExportOutput, ['export', 'long', '--out', file]);
    expect(output).toMatchObject({ runId: 'long', head: 25, bytes: (await stat(file)).size });
    expect(output.histories).toBeGreaterThan(1);
  });

  test('when it is verified, replayed and read without a server, then it is the run', async () => {
    expect(await json(VerifyOutput, ['verify', file], NO_SERVER)).toMatchObject({
      ok: true,
      checks: ['chain', 'fold'],
    });
    expect(await json(ReplayOutput, ['replay', file], NO_SERVER)).toMatchObject({ ok: true, head: 25 });
    expect(await json(ShowOutput, ['show', file], NO_SERVER)).toMatchObject({ from: 'export', status: 'completed' });
    expect(await json(DiffOutput, ['diff', file, 'long'])).toMatchObject({ same: true });
    const blind = { env: { ...NO_SERVER.env, TEMPORAL_KERNEL_PROGRAMS: '' } };
    expect(await json(VerifyOutput, ['verify', file], blind)).toMatchObject({ ok: true, checks: ['chain'] });
  });

  test('when a test of a user reads it, then it is a fixture: verified, and replayed with the program of today', async () => {
    const read = await readRunExport(file);
    expect(await verifyRunExport(read, { programs: [player] })).toMatchObject({ ok: true, checks: ['chain', 'fold'] });
    expect(await replayRunExport(read, { programs: [player] })).toMatchObject({ ok: true, head: 25 });
  });

  test('when it is written again, then not over a file that is there', async () => {
    expect(await call(['export', 'long', '--out', file])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--force'),
    });
    expect((await call(['export', 'asking', '--store', store], NO_SERVER)).stdout).toContain(
      '"temporal-kernel/run-export"',
    );
  });

  interface Damaged {
    [member: string]: unknown;
    head: number;
    run: { initialState: { script: { input: unknown }[] } };
    entries: { event: Record<string, { output: unknown }>; origin: { historyEventId: number }; seal: string }[];
    histories: { events: Record<string, unknown>[] }[];
  }

  test.each<[string, (run: Damaged) => void, Record<string, unknown>]>([
    ['an output', (run) => (run.entries[3]!.event['ActionSucceeded']!.output = 'forged'), { check: 'chain', seq: 4 }],
    ['an origin', (run) => (run.entries[5]!.origin.historyEventId += 1), { check: 'chain', seq: 6 }],
    ['the beginning', (run) => (run.run.initialState.script[0]!.input = 'forged'), { check: 'fold', seq: 0 }],
    ['the end of the log', (run) => run.entries.pop(), { check: 'chain', seq: 25 }],
    ['an entry in the middle', (run) => run.entries.splice(7, 1), { check: 'chain' }],
    ['a history', (run) => run.histories[0]!.events.splice(4, 1), { check: 'fold' }],
  ])('when %s is changed in it, then it does not verify, and says where', async (_what, damage, problem) => {
    const run = JSON.parse(await readFile(file, 'utf8')) as Damaged;
    damage(run);
    const { ok, problems } = await verifyRunExport(parseRunExport(run), { programs: [player, novice, journeyman] });
    expect([ok, problems[0]]).toEqual([false, expect.objectContaining(problem)]);
  });

  test('when it was changed, then the executable says no; when it is damaged or something else, then that it is', async () => {
    const [changed, cut, other] = ['changed.json', 'cut.json', 'other.json'] as const;
    const text = await readFile(file, 'utf8');
    await writeFile(join(terminal.directory, changed), text.replace('"head": 25', '"head": 24'));
    await writeFile(join(terminal.directory, cut), text.slice(0, text.length / 2));
    await writeFile(join(terminal.directory, other), '{"format":"temporal-kernel/run-export","formatVersion":2}');
    const { ok, problems } = await json(VerifyOutput, ['verify', changed], { ...NO_SERVER, code: 1 });
    expect([ok, problems[0]?.seq]).toEqual([false, 25]);
    for (const path of [cut, other]) {
      const ended = await call(['verify', path, '--json'], { ...NO_SERVER, alone: path === cut });
      expect(ended).toMatchObject({ code: 6, stdout: '' });
      expect(FailureOutput.parse(JSON.parse(ended.stderr)).error.exitCode).toBe(6);
    }
  });
});

describe('given a doctor', () => {
  test('when all is well, then it says what there is, and the code is 0', async () => {
    const { ok, checks } = await json(DoctorOutput, ['doctor', '--store', store]);
    expect(checks.filter(({ verdict }) => verdict === 'bad')).toEqual([]);
    expect(ok).toBe(true);
    const found = Object.fromEntries(checks.map(({ name, found: says }) => [name, says]));
    expect(found['programs']).toContain('player v1');
    expect(found['workflow worker']).toContain(harness.taskQueue);
  });

  test('when something is missing, then it says what, and how to mend it', async () => {
    const lonely = await call(['doctor', '--task-queue', 'nobody', '--store', join(terminal.directory, 'none.db')]);
    expect(lonely.code).toBe(1);
    expect(lonely.stdout).toMatch(/^BAD +workflow worker +nobody polls task queue nobody\n +→ start one/m);
    expect(lonely.stdout).toMatch(/^warning +store +there is no file/m);
    const { ok, checks } = await json(DoctorOutput, ['doctor'], { ...NO_SERVER, code: 1 });
    expect([ok, checks.find(({ name }) => name === 'server')?.verdict]).toEqual([false, 'bad']);
  });
});

describe('given what can not work', () => {
  let refusing: RefusingServer;
  /** Exit codes that a process has ended with. */
  const ends = new Set<number>();
  beforeAll(async () => {
    refusing = await RefusingServer.start();
    await mkdir(join(terminal.directory, 'folder.db'));
    await writeFile(join(terminal.directory, 'other.db'), 'no database at all, and long enough to be seen as none');
  });
  afterAll(async () => {
    await refusing.stop();
  });

  test.each<[string, readonly string[], NodeJS.ProcessEnv, number, RegExp]>([
    ['no server', ['show', 'asking'], { TEMPORAL_ADDRESS: '127.0.0.1:1' }, 3, /no Temporal server answers/],
    ['no namespace', ['runs', '--namespace', 'nowhere'], {}, 3, /--namespace: .*no such namespace/],
    ['no such run', ['show', 'nobody'], {}, 4, /no run nobody on the server/],
    ['no such run in a store', ['show', 'paying', '--store', 'runs.db'], {}, 4, /run paying is not in the store/],
    ['a folder for a store', ['show', 'asking', '--store', 'folder.db'], {}, 3, /--store: .*can't be opened/],
    ['no database for a store', ['show', 'asking', '--store', 'other.db'], {}, 3, /not an SQLite database/],
    ['another tenant', ['show', 'theirs', '--tenant', 'default'], {}, 3, /tenant "acme"/],
    ['another tenant to answer', ['answer', 'theirs', '1', '--tenant', 'other'], {}, 4, /no run theirs/],
    [
      'a state that breaks the schema',
      ['start', 'player', '{"script":1}'],
      {},
      5,
      /initial state of player is refused/,
    ],
    ['a run id that is taken', ['start', 'player', '{"script":[]}', '--run-id', 'one'], {}, 5, /run one exists/],
    ['an answer to another interrupt', ['answer', 'asking', '"y"', '--interrupt', 'asking-77'], {}, 5, /What to do/],
  ])('when there is %s, then the code says so, and the text says what to do', async (_case, args, env, code, says) => {
    const ended = await call(args, { env, alone: !ends.has(code) });
    ends.add(code);
    expect([ended.code, ended.stdout]).toEqual([code, '']);
    expect(ended.stderr).toMatch(says);
    expect(ended.stderr).not.toMatch(/^ +at /m);
  });

  test('when the server refuses, then it is out of reach, and the text says whose rights are missing', async () => {
    const ended = await call(['show', 'asking', '--json'], { env: { TEMPORAL_ADDRESS: refusing.address } });
    expect(ended.code).toBe(3);
    expect(FailureOutput.parse(JSON.parse(ended.stderr)).error.message).toMatch(/refuses.*not you/);
  });

  test('when whoever reads goes away, then it ends without a word', async () => {
    const ended = await call(['export', 'long', '--store', store], { ...NO_SERVER, stdoutBytesMax: 1 });
    expect(ended.code).toBe(0);
    expect(ended.stderr).not.toContain('EPIPE');
  });
});

describe('given help', () => {
  test('when it is asked for, then every verb is listed, has examples that name it, and the exit codes', async () => {
    const all = await call(['--help'], NO_SERVER);
    expect(all.code).toBe(0);
    for (const { name, examples } of VERBS) {
      expect(all.stdout).toMatch(new RegExp(`^ {2}${name}\\b`, 'm'));
      for (const example of examples) expect(example.split(' ')[0]).toBe(name);
    }
    const one = await call(['diff', '--help'], NO_SERVER);
    expect(one).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Examples:\n {2}temporal-kernel diff [^]*Exit codes:/),
    });
    expect((await call(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('when Temporal’s CLI is asked for the kernel, then it finds the executable on the PATH, and hands on its exit code', async () => {
    const folder = join(terminal.directory, 'bin');
    await mkdir(folder);
    await chmod(join(terminal.directory, 'dist/cli/main.js'), 0o755);
    await symlink(join(terminal.directory, 'dist/cli/main.js'), join(folder, 'temporal-kernel'));
    const { path } = await obtainExecutable('dev', { report: () => undefined });
    const env = { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` };
    const file = 'nowhere.json';
    const failed: unknown = await promisify(execFile)(path, ['kernel', 'show', file], { env }).catch(
      (error: unknown) => error,
    );
    expect(failed).toMatchObject({ code: 4, stderr: expect.stringContaining(`there is no file ${file}`) });
  });

  test('when the documentation is read, then it has every verb and every exit code', async () => {
    const documentation = await readFile(resolve(__dirname, '../../docs/cli.md'), 'utf8');
    for (const { name } of VERBS) expect(documentation).toContain(`\n### ${name}\n`);
  });
});

/** A run's history in a file, as Temporal's CLI exports it. */
async function exported(runId: string): Promise<string> {
  const { events } = await own.client.workflow.getHandle(runId).fetchHistory();
  const file = join(terminal.directory, `${runId}.history.json`);
  await writeFile(file, JSON.stringify(historyToJson(events ?? [])));
  return file;
}
