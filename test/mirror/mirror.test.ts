/** The mirror on real histories: on running runs, again and again, at once, across crashes, and where something was changed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { ExportedHistorySource, historyToJson, Mirror, type Verdict } from '../../src/mirror';
import { MemoryStore, SqliteStore } from '../../src/stores';
import { KernelError, type LogStore } from '../../src/kernel';
import { executionsOf } from '../../src/runs/execution-chain';
import { logText } from '../support/log-text';
import { playing, type Line } from '../support/player';
import { PROGRAMS, RunHarness } from '../support/run-harness';

let harness: RunHarness;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'temporal-kernel-mirror-'));
  harness = await RunHarness.open();
  await harness.startWorker();
});
afterEach(() => harness.checkRuns());
afterAll(async () => {
  await harness.close();
  await rm(directory, { recursive: true, force: true });
});

const echoes = (count: number): Line[] => Array.from({ length: count }, (_, input) => ({ call: 'echo', input }));

/** A completed run of some twenty events, over several executions. */
async function completedRun(): Promise<string> {
  const runId = await harness.play(playing({ ask: 'go on?' }, ...echoes(6), { note: 'end' }), {
    continueAfterEvents: 20,
  });
  await harness.kernel.runUntilBlocked(runId);
  await harness.kernel.resume(runId, 'yes');
  await harness.kernel.runUntilBlocked(runId);
  return runId;
}

const mirrorInto = (store: LogStore): Mirror => new Mirror({ client: harness.client, programs: PROGRAMS, store });

const textOf = async (store: LogStore, runId: string): Promise<string[]> => logText(await store.scanLog(runId, 1));

/** The run's histories as the Temporal CLI exports them. */
async function exported(runId: string): Promise<ExportedHistory[]> {
  const histories: ExportedHistory[] = [];
  for (const executionId of await executionsOf(harness.client, runId)) {
    const history = await harness.client.workflow.getHandle(runId, executionId).fetchHistory();
    histories.push(JSON.parse(JSON.stringify(historyToJson(history.events ?? []))) as ExportedHistory);
  }
  return histories;
}

interface ExportedPayload {
  data: string;
}
interface ExportedEvent {
  eventId: string;
  eventType: string;
  eventTime: string;
  activityTaskScheduledEventAttributes?: { input: { payloads: ExportedPayload[] }; activityId: string };
  activityTaskCompletedEventAttributes?: { result: { payloads: ExportedPayload[] } };
  workflowExecutionUpdateAcceptedEventAttributes?: {
    acceptedRequest: { input: { args: { payloads: ExportedPayload[] } } };
  };
}
interface ExportedHistory {
  events: ExportedEvent[];
}

async function verifyExported(runId: string, histories: unknown[], store = harness.store): Promise<Verdict> {
  return await new Mirror({ source: new ExportedHistorySource(histories), programs: PROGRAMS, store }).verify(runId);
}

/** The first event that has these attributes. */
function firstEvent(histories: readonly ExportedHistory[], attributes: keyof ExportedEvent): ExportedEvent {
  const found = histories.flatMap(({ events }) => events).find((event) => event[attributes] !== undefined);
  if (found === undefined) throw new Error(`no event has ${attributes}`);
  return found;
}

/** Changes one byte of a payload's text. */
function changeByte(payload: ExportedPayload, from: string, to: string): void {
  const text = Buffer.from(payload.data, 'base64').toString();
  expect(text).toContain(from);
  payload.data = Buffer.from(text.replace(from, to)).toString('base64');
}

describe('given a running run', () => {
  test('when it is mirrored after every move, then the log is the same as when it is mirrored once', async () => {
    const runId = await harness.play(playing({ ask: 1 }, { call: 'echo', input: 1 }, { wait: 'payment' }, { ask: 2 }));
    const stepwise = new MemoryStore();
    const added: number[] = [];
    const look = async (): Promise<void> => {
      await harness.kernel.runUntilBlocked(runId);
      added.push((await mirrorInto(stepwise).mirror(runId)).added);
    };
    await look();
    await harness.kernel.resume(runId, 'yes');
    await look();
    await harness.kernel.signal(runId, 'payment', { amount: 1 });
    await look();
    await harness.kernel.resume(runId, 'yes');
    await look();

    const atOnce = new MemoryStore();
    const report = await mirrorInto(atOnce).mirror(runId);
    expect(report).toMatchObject({ closed: 'completed', added: added.reduce((sum, count) => sum + count, 0) });
    expect(added.every((count) => count > 0)).toBe(true);
    expect(await textOf(stepwise, runId)).toEqual(await textOf(atOnce, runId));
  });

  test('when it is mirrored while an execution has only begun, then the next look goes on from there', async () => {
    const runId = await completedRun();
    const histories = await exported(runId);
    const begun = structuredClone(histories);
    // The second execution has begun, and no workflow task of it has been completed.
    begun[1]!.events.splice(2);
    const store = new MemoryStore();
    const mirrorFrom = (exports: ExportedHistory[]): Mirror =>
      new Mirror({ source: new ExportedHistorySource(exports), programs: PROGRAMS, store });

    const first = await mirrorFrom(begun).mirror(runId);
    const second = await mirrorFrom(histories).mirror(runId);

    expect(first.closed).toBeNull();
    expect(second.added).toBeGreaterThan(0);
    expect(await mirrorFrom(histories).verify(runId)).toMatchObject({ ok: true, head: first.head + second.added });
  });

  test('when it is terminated, then the mirror knows and the log stands', async () => {
    const runId = await harness.play(playing({ ask: 1 }));
    await harness.kernel.runUntilBlocked(runId);
    await harness.client.workflow.getHandle(runId).terminate();

    expect(await mirrorInto(new MemoryStore()).mirror(runId)).toMatchObject({ head: 1, closed: 'terminated' });
  });
});

describe('given a completed run', () => {
  test('when two mirrors write it at once, then the log is there once', async () => {
    const runId = await completedRun();
    const path = join(directory, 'twice.db');
    const [one, two] = [SqliteStore.open(path), SqliteStore.open(path)];
    await Promise.all([mirrorInto(one).mirror(runId), mirrorInto(two).mirror(runId)]);

    const alone = new MemoryStore();
    await mirrorInto(alone).mirror(runId);
    expect(await textOf(one, runId)).toEqual(await textOf(alone, runId));
    await one.close();
    await two.close();
  });

  test('when the store fails in between, then the next mirror goes on where the log stands', async () => {
    const runId = await harness.play(playing({ ask: 1 }, { ask: 2 }));
    const store = new MemoryStore();
    await harness.kernel.runUntilBlocked(runId);
    await mirrorInto(store).mirror(runId);
    await harness.kernel.resume(runId, 'yes');
    await harness.kernel.runUntilBlocked(runId);

    const failing = new Proxy<LogStore>(store, {
      get: (target, name) => {
        if (name === 'writeStep') return () => Promise.reject(new KernelError('EventStore', 'the disk is full'));
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      },
    });
    await expect(mirrorInto(failing).mirror(runId)).rejects.toMatchObject({ code: 'EventStore' });
    expect(await store.head(runId)).toBe(1);

    expect(await mirrorInto(store).mirror(runId)).toMatchObject({ head: 3, added: 2 });
  });

  test('when its history is exported, then the stored log verifies against the files', async () => {
    const runId = await completedRun();
    await harness.mirror.mirror(runId);

    const verdict = await verifyExported(runId, await exported(runId));

    expect(verdict.problems).toEqual([]);
    expect(verdict).toMatchObject({ ok: true, head: await harness.store.head(runId) });
  });

  test('when one byte of an activity result is edited, then verification names the event and the entry', async () => {
    const runId = await completedRun();
    await harness.mirror.mirror(runId);
    const histories = await exported(runId);
    const completed = firstEvent(histories, 'activityTaskCompletedEventAttributes');
    changeByte(completed.activityTaskCompletedEventAttributes!.result.payloads[0]!, '0', '7');

    const { ok, problems } = await verifyExported(runId, histories);

    expect(ok).toBe(false);
    const entry = (await harness.store.scanLog(runId, 1)).find(({ event }) => event.type === 'ActionSucceeded')!;
    expect(problems[0]).toEqual({
      check: 'fold',
      seq: entry.eventIndex,
      historyEventId: Number(completed.eventId),
      reason: expect.stringContaining('"output":7') as string,
    });
  });

  test('when one byte of an activity input is edited, then the fold stops and names the event', async () => {
    const runId = await completedRun();
    await harness.mirror.mirror(runId);
    const histories = await exported(runId);
    const scheduled = firstEvent(histories, 'activityTaskScheduledEventAttributes');
    changeByte(scheduled.activityTaskScheduledEventAttributes!.input.payloads[0]!, '0', '1');

    const { ok, problems } = await verifyExported(runId, histories);

    expect(ok).toBe(false);
    expect(problems.at(-1)).toMatchObject({
      historyEventId: Number(scheduled.eventId),
      reason: expect.stringContaining(
        `event ${scheduled.eventId} (ActivityTaskScheduled): its input is not what`,
      ) as string,
    });
  });

  test('when an answer in history is edited, then verification names it', async () => {
    const runId = await completedRun();
    await harness.mirror.mirror(runId);
    const histories = await exported(runId);
    const accepted = firstEvent(histories, 'workflowExecutionUpdateAcceptedEventAttributes');
    const { args } = accepted.workflowExecutionUpdateAcceptedEventAttributes!.acceptedRequest.input;
    changeByte(args.payloads[0]!, 'yes', 'yep');

    const { problems } = await verifyExported(runId, histories);

    expect(problems[0]).toMatchObject({ seq: 2, historyEventId: Number(accepted.eventId) });
  });

  test('when an edit makes a payload unreadable, then verification names its event', async () => {
    const runId = await completedRun();
    await harness.mirror.mirror(runId);
    const histories = await exported(runId);
    const completed = firstEvent(histories, 'activityTaskCompletedEventAttributes');
    changeByte(completed.activityTaskCompletedEventAttributes!.result.payloads[0]!, '0', '[');

    const { ok, problems } = await verifyExported(runId, histories);

    expect(ok).toBe(false);
    expect(problems[0]).toMatchObject({
      historyEventId: Number(completed.eventId),
      reason: expect.stringContaining('its payload can’t be read'.replace('’', "'")) as string,
    });
  });

  test('when an event is cut out of an exported history, then it is refused', async () => {
    const runId = await completedRun();
    const histories = await exported(runId);
    histories[0]!.events.splice(4, 1);

    expect(() => new ExportedHistorySource(histories)).toThrow('event 5 is missing');
  });

  test.each([
    ['the text of an event', `UPDATE events SET event = '{' || event WHERE seq = 3`, 'at seq 3 can'],
    [
      'an event',
      `UPDATE events SET event = replace(event, '"output":3', '"output":4') WHERE event LIKE '%"output":3%'`,
      '"output":4',
    ],
    ['a state hash', `UPDATE events SET state_hash = hash WHERE seq = 3`, 'the stored entry 3 was changed'],
    [
      'a snapshot',
      `UPDATE snapshots SET state = replace(state, '"yes"', '"yep"') WHERE at_seq = 16`,
      'the snapshot at 16',
    ],
    ['a run', `UPDATE runs SET started_at_ms = started_at_ms + 1`, 'the run began otherwise'],
    ['a position', `UPDATE positions SET position = replace(position, '"yes"', '"yep"')`, 'the position from which'],
    ['an origin', `UPDATE events SET time_ms = time_ms + 1 WHERE seq = 4`, 'its origin does not give its seal'],
  ])('when %s of the stored log is edited, then verification names the place', async (_, sql, reason) => {
    const runId = await completedRun();
    const path = join(directory, `${runId}.db`);
    const store = SqliteStore.open(path);
    await mirrorInto(store).mirror(runId);
    await store.close();
    const file = new Database(path);
    for (const { name } of file.prepare(`SELECT name FROM sqlite_master WHERE type = 'trigger'`).all() as {
      name: string;
    }[]) {
      file.exec(`DROP TRIGGER "${name}"`);
    }
    expect(file.prepare(sql).run().changes).toBe(1);
    file.close();

    const reopened = SqliteStore.open(path);
    const { ok, problems } = await mirrorInto(reopened).verify(runId);
    await reopened.close();

    expect(ok).toBe(false);
    expect(problems.some((problem) => problem.reason.includes(reason) && problem.seq !== null)).toBe(true);
  });

  test('when the program has changed, then the mirror stops at the event that it would not have written', async () => {
    const runId = await completedRun();
    const [player, ...others] = PROGRAMS;
    const changed = { ...player!, step: (state: never) => player!.step({ ...(state as object), at: 0 }) };
    const store = new MemoryStore();
    const mirror = new Mirror({ client: harness.client, programs: [changed, ...others], store });

    await expect(mirror.mirror(runId)).rejects.toMatchObject({
      code: 'HistoryMismatch',
      message: expect.stringMatching(/event \d+ \(\w+\): /) as string,
    });
    expect(await store.loadRun(runId)).toBeNull();
  });
});

describe('given what is not there', () => {
  test('when an unknown run is mirrored, then the error says so', async () => {
    await expect(harness.mirror.mirror('no-such-run')).rejects.toMatchObject({ code: 'RunNotFound' });
  });

  test('when the run of an unknown program is mirrored, then the error names the known ones', async () => {
    const runId = await harness.play(playing({ note: 1 }));
    await harness.kernel.runUntilBlocked(runId);
    const mirror = new Mirror({ client: harness.client, programs: PROGRAMS.slice(1), store: new MemoryStore() });

    await expect(mirror.mirror(runId)).rejects.toMatchObject({ code: 'UnknownProgram' });
  });
});
