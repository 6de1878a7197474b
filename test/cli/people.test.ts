/** The executable for people in the loop: who approves, denies, pauses, steers and forks, and what the terminal says of it in words. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { z } from 'zod';
import { AnswerOutput } from '../../src/cli/output/answer';
import { ApproveOutput } from '../../src/cli/output/approve';
import { DenyOutput } from '../../src/cli/output/deny';
import { EventsOutput } from '../../src/cli/output/events';
import { FailureOutput } from '../../src/cli/output/failure';
import { ForkOutput } from '../../src/cli/output/fork';
import { PauseOutput } from '../../src/cli/output/pause';
import { PendingOutput } from '../../src/cli/output/pending';
import { RecordOutput } from '../../src/cli/output/record';
import { ResumeOutput } from '../../src/cli/output/resume';
import { ShowOutput } from '../../src/cli/output/show';
import { StartOutput } from '../../src/cli/output/start';
import { SteerOutput } from '../../src/cli/output/steer';
import { TimelineOutput } from '../../src/cli/output/timeline';
import { startOwnServer, type OwnServer } from '../mirror/service-server';
import { running, type Errand } from '../support/clerk';
import { Clerks } from '../support/clerks';
import { compileScript } from '../support/compiled-script';
import { until } from '../support/until';
import { CompiledTerminal, type Ended } from './compiled-terminal';

jest.setTimeout(120_000);

let own: OwnServer;
let clerks: Clerks;
let terminal: CompiledTerminal;
let programs: string;

const call = (...args: string[]): Promise<Ended> =>
  terminal.call(args, { env: { TEMPORAL_KERNEL_PROGRAMS: programs } });

/** Calls a verb for JSON, and holds what it prints against its schema. */
async function json<S extends z.ZodType>(schema: S, ...args: string[]): Promise<z.infer<S>> {
  const ended = await call(...args, '--json');
  if (ended.code !== 0) throw new Error(`${args.join(' ')} ended with ${ended.code}:\n${ended.stderr}`);
  return schema.parse(JSON.parse(ended.stdout));
}

/** Calls a verb that is refused, and says why. */
async function refusal(...args: string[]): Promise<string> {
  const ended = await call(...args, '--json');
  expect([ended.code, ended.stdout]).toEqual([FailureOutput.parse(JSON.parse(ended.stderr)).error.exitCode, '']);
  return `${ended.code} ${FailureOutput.parse(JSON.parse(ended.stderr)).error.code}`;
}

/** Several refused calls at once: none of them changes anything. */
async function refusals(expected: readonly (readonly [readonly string[], string])[]): Promise<void> {
  const found = await Promise.all(expected.map(async ([args]) => [args, await refusal(...args)]));
  expect(found).toEqual(expected);
}

const start = async (runId: string, errands: readonly Errand[], options: object = {}): Promise<void> => {
  await clerks.kernel.start('clerk', { runId, initialState: running(...errands), ...options });
  await clerks.kernel.runUntilBlocked(runId);
};

const FINANCE = { who: { roles: ['finance'] }, votes: 2, notTheStarter: true, deadlineMs: 86_400_000 } as const;

beforeAll(async () => {
  own = await startOwnServer();
  const connections = { client: own.client, native: own.native, close: () => Promise.resolve() };
  clerks = await Clerks.atWork({ connections });
  terminal = CompiledTerminal.make({
    TEMPORAL_ADDRESS: own.server.address,
    TEMPORAL_NAMESPACE: own.server.namespace,
    TEMPORAL_TASK_QUEUE: clerks.harness.taskQueue,
  });
  programs = compileScript(resolve(__dirname, '../support/clerk.ts'), terminal.directory);
}, 120_000);

afterAll(async () => {
  terminal.remove();
  await clerks.harness.close();
  await own.stop();
});

describe('given a run whose policy asks two of finance, but not the starter', () => {
  const words = 'asks: May pay be called? (500 is more than 100)';

  test('when they approve, one with an edit, then their votes and the approval are told in words, and the edit is done', async () => {
    const state = JSON.stringify(running({ call: 'pay', input: { amount: 500, rules: FINANCE } as never }));
    await json(StartOutput, 'start', 'clerk', state, '--run-id', 'money', '--by', 'cid');
    const watched = await call('watch', 'money');
    expect(watched.stdout).toMatch(
      /Interrupted {2}asks: May pay be called\? \(500 is more than 100\)\nmoney {2}blocked: asks/,
    );
    expect(watched.stderr).toContain('temporal-kernel approve money');

    await refusals([
      [['approve', 'money'], '5 NotAuthorized'],
      [['approve', 'money', '--by', 'cid', '--role', 'finance'], '5 NotAuthorized'],
      [['approve', 'money', '--by', 'ann', '--role', 'clerk'], '5 NotAuthorized'],
    ]);
    const edit = JSON.stringify({ amount: 400, rules: FINANCE });
    const said = ['approve', 'money', '--role', 'finance', '--by', 'ann', '--input', edit];
    const named = [...said, '--id', 'mail-1', '--interrupt', 'money-1'];
    const first = { runId: 'money', askedBy: 'money', interruptId: 'money-1', seq: 2, again: false };
    expect(await json(ApproveOutput, ...named)).toEqual(first);
    expect((await json(ApproveOutput, ...named)).seq).toBe(2);
    expect(await refusal(...said)).toBe('5 AlreadyVoted');

    const { pending } = await json(PendingOutput, 'pending', '--run', 'money');
    expect(pending).toMatchObject([
      { runId: 'money', program: 'clerk', form: { type: 'object' }, deadline: expect.any(String) },
    ]);
    expect(pending[0]!.asks).toMatchObject({
      interruptId: 'money-1',
      ask: {
        kind: 'approval',
        action: { CallTool: { input: { amount: 400 } } },
        votes: [{ by: 'ann' }],
        votesNeeded: 2,
      },
    });
    const shown = await call('show', 'money');
    expect(shown.stdout).toContain(words);
    expect(shown.stdout).toMatch(/^proposed +pay \{"amount":400,/m);
    expect(shown.stdout).toMatch(/^who +anybody who is finance, but not who started the run$/m);
    expect(shown.stdout).toMatch(/^votes +2 needed; ann approves, with \{"amount":400/m);
    expect(shown.stdout).toMatch(/^deadline +\d{4}-.*, then it is denied$/m);

    await json(ApproveOutput, 'approve', 'money', '--role', 'finance', '--by', 'bob');
    expect(await clerks.kernel.runUntilBlocked('money')).toEqual({ status: 'completed' });
    expect(await clerks.heard('money')).toEqual([{ did: { paid: 400 } }]);
    const { stdout } = await call('events', 'money');
    expect(stdout).toMatch(/Resumed +ann approves, with /);
    expect(stdout).toMatch(/Resumed +approved by ann, bob, as pay \{"amount":400/);
    expect(stdout).not.toContain('"$');
    const { steps } = await json(TimelineOutput, 'timeline', 'money');
    expect(steps.map(({ kind, from, to }) => [kind, from, to])).toEqual([
      ['question', 1, 3],
      ['vote', 2, null],
      ['tool', 4, 5],
      ['end', 6, null],
    ]);
    expect((await call('timeline', 'money')).stdout).toMatch(/✓ ann approves.*\n.*● pay/);
    expect(await refusal('approve', 'money', '--by', 'dan', '--role', 'finance')).toBe('5 InterruptNotPending');
  });

  test('when one denies what a child run asks, then the child’s action fails with the reason, and it goes on', async () => {
    const child = { call: 'clerk', input: running({ call: 'pay', input: { amount: 500 } }) as never };
    await clerks.kernel.start('headClerk', { runId: 'head', initialState: running(child) });
    await until(async () => (await clerks.kernel.inbox('head').catch(() => [])).length === 1);
    // Visibility is later than history.
    await until(
      async () =>
        (await own.client.workflow.count("WorkflowType = 'clerk' AND ExecutionStatus = 'Running'")).count === 1,
    );
    const { pending } = await json(PendingOutput, 'pending');
    expect(pending).toMatchObject([
      { runId: 'head-1', parent: 'head', asks: { ask: { reason: '500 is more than 100' } } },
    ]);
    expect((await call('pending', '--run', 'head')).stdout).toMatch(/^head-1 +clerk .*asks: May pay be called\?/m);
    expect((await call('deny', 'head')).code).toBe(2);
    const denied = await json(DenyOutput, 'deny', 'head', '--by', 'ann', '--reason', 'too much');
    expect(denied).toMatchObject({ runId: 'head', askedBy: 'head-1', interruptId: 'head-1-1' });
    expect(await clerks.kernel.runUntilBlocked('head')).toEqual({ status: 'completed' });
    expect((await call('events', 'head-1')).stdout).toMatch(/Resumed +denied by ann: too much/);
    expect(await clerks.heard('head-1')).toEqual([{ failed: 'denied by ann: too much' }]);
  });
});

describe('given a run that asks and can be steered', () => {
  const colour = { choice: 'Red or blue?', options: ['red', 'blue'] };
  const errands = [{ note: 1 }, colour, { call: 'echo', input: 'A' }];

  test('when it is steered, paused and resumed, then its log says so in words', async () => {
    await start('steered', [{ wait: 'payment' }, { note: 1 }]);
    await refusals([
      [['resume', 'steered'], '5 NotPaused'],
      [['steer', 'steered', '17'], '5 InvalidSteering'],
    ]);
    await json(SteerOutput, 'steer', 'steered', 'be brief', '--text', '--by', 'bob');
    await json(PauseOutput, 'pause', 'steered', '--by', 'ann', '--reason', 'lunch');
    expect(await refusal('pause', 'steered')).toBe('5 AlreadyPaused');
    await json(AnswerOutput, 'answer', 'steered', '{"amount":1}', '--signal', 'payment');
    const watched = await call('watch', 'steered');
    expect([watched.code, watched.stderr]).toEqual([0, expect.stringContaining('temporal-kernel resume steered')]);
    expect(watched.stdout).toMatch(/^steered {2}paused: its pause to end: paused by ann: lunch$/m);
    expect(await json(ShowOutput, 'show', 'steered')).toMatchObject({ status: 'paused', asks: null });
    await json(ResumeOutput, 'resume', 'steered', '--by', 'ann');
    expect(await clerks.kernel.runUntilBlocked('steered')).toEqual({ status: 'completed' });
    const { stdout } = await call('events', 'steered');
    for (const said of ['message from bob: "be brief"', 'paused by ann: lunch', 'pause ended by ann']) {
      expect(stdout).toContain(`  ${said}\n`);
    }
    const kinds = (await json(TimelineOutput, 'timeline', 'steered')).steps.map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['message', 'pause']));
  });

  test('when it is forked with another answer, then the new run goes its own way, and the old one has no new event', async () => {
    await start('chosen', errands);
    await refusals([
      [['approve', 'chosen'], '5 refused'],
      [['deny', 'chosen', '--reason', 'no', '--interrupt', 'chosen-2'], '5 refused'],
    ]);
    const answer = ['answer', 'chosen', 'red', '--text', '--by', 'ann', '--id', 'a-1', '--interrupt', 'chosen-2'];
    expect(await json(AnswerOutput, ...answer)).toEqual({ runId: 'chosen', seq: 3, again: false, signal: null });
    await clerks.kernel.runUntilBlocked('chosen');
    const before = await json(EventsOutput, 'events', 'chosen');
    const forked = await json(
      ForkOutput,
      ...['fork', 'chosen', '--at', '2', '--answer', '"blue"', '--id', 'other', '--by', 'bob'],
    );
    expect(forked).toMatchObject({ runId: 'other', forkedFrom: { runId: 'chosen', seq: 2 } });
    await clerks.kernel.runUntilBlocked('other');
    expect(await clerks.heard('other')).toMatchObject([
      { noted: 1 },
      { decided: 'answered', value: 'blue' },
      { did: 'A' },
    ]);
    expect(await json(EventsOutput, 'events', 'chosen')).toEqual(before);
    expect(await json(ShowOutput, 'show', 'other')).toMatchObject({
      startedBy: 'bob',
      forkedFrom: { runId: 'chosen' },
    });
    expect((await call('show', 'other')).stdout).toMatch(/^fork of +chosen at 2$/m);

    const [failing, doing] = await Promise.all([
      json(ForkOutput, 'fork', 'chosen', '--at', '4', '--fail', 'no echo'),
      json(ForkOutput, 'fork', 'chosen', '--at', '4', '--result', 'B', '--text'),
    ]);
    for (const { runId } of [failing, doing]) await clerks.kernel.runUntilBlocked(runId);
    expect(await clerks.heard(failing.runId)).toContainEqual({ failed: 'no echo' });
    expect(await clerks.heard(doing.runId)).toContainEqual({ did: 'B' });

    await refusals([
      [['fork', 'chosen', '--at', '99'], '4 SeqBeyondLog'],
      [['fork', 'chosen', '--at', '1', '--answer', '1'], '5 IllegalAlternate'],
      [['fork', 'chosen', '--at', '2', '--answer', '"green"'], '5 InvalidAnswer'],
      [['fork', 'chosen', '--at', '2', '--id', 'other'], '5 RunAlreadyStarted'],
    ]);
    expect((await call('fork', 'chosen', '--at', '2', '--answer', '1', '--fail', 'x')).code).toBe(2);
  });

  test('when it is recorded, then its whole story is in one file, which can be made again', async () => {
    await start('told', errands);
    const file = join(terminal.directory, 'told.record.json');
    const recorded = await json(RecordOutput, 'record', 'told', '--out', file);
    expect(recorded).toMatchObject({ runId: 'told', path: file, status: 'blocked', questions: 1 });
    await json(AnswerOutput, 'answer', 'told', '"red"', '--by', 'ann');
    await clerks.kernel.runUntilBlocked('told');
    expect(await json(RecordOutput, 'record', 'told', '--out', file)).toMatchObject({
      status: 'completed',
      toolCalls: 1,
    });
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ id: 'told', status: 'completed' });
    await refusals([
      [['record', 'chosen', '--out', file], '3 RunRecordFile'],
      [['record', 'nobody', '--out', file], '4 RunNotFound'],
    ]);
  });
});
