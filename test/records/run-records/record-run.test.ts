/** Records of real runs, made of the histories that are kept in `test/histories`: no server is needed for them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogStore, StoredLog } from '../../../src/kernel';
import { ExportedHistorySource, Mirror, type HistorySource } from '../../../src/mirror';
import {
  decodeRunRecord,
  diffRunRecords,
  evaluateRunAgainstFixture,
  MemoryTopicLog,
  recordDifferences,
  recordOfRun,
  replayFixtureFromRun,
  RunRecordSchema,
  runRecordText,
  type RunRecordDocument,
} from '../../../src/records';
import { loadRunRecord, recordRun, runRecordOf } from '../../../src/run-files';
import { MemoryStore } from '../../../src/stores';
import { RECORDED_PROGRAMS, RECORDINGS } from '../../histories/recordings';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'record-run-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Mirrored {
  readonly runId: string;
  readonly store: LogStore;
  readonly history: { readonly source: HistorySource };
}

/** A recorded run, mirrored; with `upTo`, as it was when its last history had so many events. */
async function mirrored(
  name: string,
  { upTo = Infinity, parent }: { upTo?: number; parent?: string } = {},
): Promise<Mirrored> {
  const read = (run: string): HistorySource => {
    const histories = JSON.parse(readFileSync(join(__dirname, `../../histories/${run}.json`), 'utf8')) as {
      readonly events: readonly unknown[];
    }[];
    const last = histories.length - 1;
    return new ExportedHistorySource(
      histories.map(({ events }, at) => ({ events: at === last ? events.slice(0, upTo) : events })),
    );
  };
  const store = new MemoryStore();
  const source = read(name);
  for (const run of [name, ...(parent === undefined ? [] : [parent])]) {
    const of = run === name ? source : read(run);
    await new Mirror({ source: of, programs: RECORDED_PROGRAMS, store }).mirror(run);
  }
  return { runId: name, store, history: { source } };
}

const recordOf = async (name: string): Promise<RunRecordDocument> => await runRecordOf(await mirrored(name));

describe.each(RECORDINGS.map(({ name }) => name))('given the run %s', (name) => {
  test('when it is recorded, twice and in a file, then the record is the same, and the run passes its own fixture', async () => {
    const run = await mirrored(name);
    const record = await runRecordOf(run);
    expect(runRecordText(await runRecordOf(run))).toBe(runRecordText(record));
    expect(runRecordText(decodeRunRecord(JSON.parse(runRecordText(record))))).toBe(runRecordText(record));

    const saved = await recordRun({ ...run, folder });
    const text = readFileSync(saved.path, 'utf8');
    await recordRun({ ...run, folder });
    expect(readFileSync(saved.path, 'utf8')).toBe(text);
    const loaded = await loadRunRecord(saved.path);
    expect(evaluateRunAgainstFixture(loaded, replayFixtureFromRun(loaded))).toMatchObject({ pass: true, failures: [] });
    expect(loaded.replay_fixture).toEqual(replayFixtureFromRun(loaded));

    const log = await run.store.scanLog(name, 1);
    const asked = log.filter(({ event }) => event.type === 'ActionRequested' || event.type === 'Interrupted');
    expect(loaded.stages.filter(({ kind }) => kind !== 'step')).toHaveLength(asked.length);
    expect(loaded.metadata).toMatchObject({
      head: log.length,
      ...(log.length === 0 ? {} : { head_hash: log.at(-1)?.hash }),
    });
    for (const { started_at: at } of loaded.stages) expect(new Date(at).toISOString()).toContain(at.slice(0, 19));
  });

  test('when history is gone, then the record is made of the log, with the same stages', async () => {
    const { runId, store } = await mirrored(name);
    const nodes = ({ stages }: RunRecordDocument): string[] =>
      stages.map(({ node_id: node, status }) => `${node} ${status}`);
    const bare = await runRecordOf({ runId, store, history: null });
    expect(nodes(bare)).toEqual(nodes(await recordOf(name)));
    expect(bare.metadata['history']).toBe('gone');
  });
});

describe('given a run with tools, timers and a question', () => {
  test('then its tries are there with their errors, its calls with inputs, outputs and times, and who answered what and when', async () => {
    const record = await recordOf('tools-timers-answers');
    expect(record.stages.map(({ node_id: node, kind }) => [node, kind])).toEqual([
      ['line-0', 'step'],
      ['flaky', 'tool'],
      ['sleep', 'timer'],
      ['interrupt', 'human'],
    ]);
    expect(record.stages[1]?.attempts).toMatchObject([
      { attempt: 1, status: 'failed', error: 'Executor: attempt 1 fails' },
      { attempt: 2, status: 'completed', error: null },
    ]);
    expect(record.tool_recordings).toMatchObject([
      { tool_name: 'flaky', tool_use_id: 'tools-timers-answers-2', input: { failures: 1 }, result: '{"attempt":2}' },
    ]);
    expect(record.tool_recordings[0]?.duration_ms).toBeGreaterThan(0);
    expect(record.hitl_questions).toMatchObject([
      { prompt: 'go on?', answer: { approve: true }, answered_by: 'recorder', request_id: 'tools-timers-answers-6' },
    ]);
    expect(record.checkpoints.map(({ reason }) => reason)).toEqual(['blocked', 'completed']);
    expect(record).toMatchObject({ status: 'completed', usage: null, finished_at: record.stages.at(-1)?.finished_at });
  });

  test('then its action graph leads from the run through every stage', async () => {
    const { record } = await recordRun({ ...(await mirrored('tools-timers-answers')), folder });
    const graph = record.observability;
    expect(graph?.action_graph_nodes).toHaveLength(5);
    expect(graph?.action_graph_edges.map(({ from_id: from, to_id: to, kind }) => `${from} ${kind} ${to}`)).toEqual([
      'run:tools-timers-answers entry stage:tools-timers-answers-1',
      'stage:tools-timers-answers-1 transition stage:tools-timers-answers-2',
      'stage:tools-timers-answers-2 transition stage:tools-timers-answers-4',
      'stage:tools-timers-answers-4 transition stage:tools-timers-answers-6',
    ]);
  });
});

describe('given a run that started another', () => {
  test('then the child is among its child runs, with its hash, and names its root', async () => {
    const parent = await recordOf('child');
    expect(parent.child_runs).toMatchObject([
      {
        worker_id: 'child-1',
        worker_name: 'novice',
        parent_stage_id: 'child-1',
        run_id: 'child-1',
        status: 'completed',
      },
    ]);
    const child = await runRecordOf(await mirrored('child-1', { parent: 'child' }));
    expect(child).toMatchObject({ parent_run_id: 'child', root_run_id: 'child' });
    expect(parent.child_runs[0]?.provenance).toMatchObject({
      head_hash: child.metadata['head_hash'],
      first_execution_id: (child.metadata['execution_ids'] as string[])[0],
    });
  });

  test('when it is recorded while the child runs and when it has ended, then the child run has ended too', async () => {
    const events = 8;
    const before = await recordRun({ ...(await mirrored('child', { upTo: events })), folder });
    expect(before.record.child_runs).toMatchObject([{ status: 'running', finished_at: null }]);
    const after = await recordRun({ ...(await mirrored('child')), folder });
    expect(after.record.child_runs).toMatchObject([{ status: 'completed', worker_id: 'child-1' }]);
    expect(after.record.child_runs[0]?.finished_at).not.toBeNull();
  });
});

test('given a run that was denied, then the record says who said no', async () => {
  expect(await recordOf('denied')).toMatchObject({
    status: 'failed',
    metadata: { failure: { type: 'PolicyDenied', message: 'tool not allowed: forbidden' } },
  });
});

test('given calls of a language model, then the record has what they used, and what was said', async () => {
  const record = await recordOf('budget');
  expect(record.usage).toMatchObject({ call_count: 1, models: ['oracle'], total_tokens: 100 });
  expect(record.stages[0]?.usage).toEqual(record.usage);
  expect(record.transcript).toMatchObject({
    events: [{ kind: 'llm_call', provider: 'oracle', input: { tokens: 100 } }],
  });
});

test('given a run over several executions, then there is a checkpoint where one handed on to the next', async () => {
  const record = await recordOf('continued-as-new');
  const executions = record.metadata['execution_ids'] as string[];
  expect(executions.length).toBeGreaterThan(1);
  const handed = record.checkpoints.filter(({ reason }) => reason === 'continued_as_new');
  expect(handed).toHaveLength(executions.length - 1);
});

describe('given a run that is recorded, edited and recorded again', () => {
  const NAME = 'tools-timers-answers';

  test('when it has moved on meanwhile, then the record gains, and what was written into it stays', async () => {
    const { events } = (
      JSON.parse(readFileSync(join(__dirname, `../../histories/${NAME}.json`), 'utf8')) as { events: unknown[] }[]
    )[0]!;
    // Until it stopped for its question.
    const upTo = events.length - 8;
    const early = await recordRun({ ...(await mirrored(NAME, { upTo })), folder });
    expect(early.record.status).not.toBe('completed');
    const { path } = early;

    const edited = JSON.parse(readFileSync(path, 'utf8')) as Record<string, never> & {
      stages: Record<string, unknown>[];
      observability: { action_graph_nodes: Record<string, unknown>[] };
    };
    const stages = edited.stages.map((stage, at) =>
      at === 1 ? { ...stage, reviewed_by: 'Ann', private_reasoning: 'why' } : stage,
    );
    const nodes = edited.observability.action_graph_nodes.map((node) => ({ ...node, colour: 'blue' }));
    writeFileSync(
      path,
      JSON.stringify({
        ...edited,
        task: 'find out',
        ticket: { id: 7 },
        stages: [...stages, { id: 'by-hand', node_id: 'note', kind: 'note' }],
        observability: { ...edited.observability, action_graph_nodes: nodes, reviewed: true },
        artifacts: [{ id: 'a', kind: 'summary', text: 'kept' }],
        metadata: { ...(edited['metadata'] as unknown as object), label: 'urgent', trace_id: 'trace-1' },
        handoffs: [
          { source_persona: 'p', target_persona_or_human: { kind: 'human', label: 'Ann' }, task: 't', reason: 'r' },
        ],
      }),
    );

    const { record } = await recordRun({ ...(await mirrored(NAME)), folder });
    const pure = await recordOf(NAME);
    expect(record).toMatchObject({ status: 'completed', task: 'find out', ticket: { id: 7 } });
    expect(record.stages.slice(0, -1)).toMatchObject(pure.stages.map(({ id, status }) => ({ id, status })));
    expect(record.stages[1]).toMatchObject({ reviewed_by: 'Ann', private_reasoning: 'why', status: 'completed' });
    expect(record.stages.at(-1)).toMatchObject({ id: 'by-hand', kind: 'note' });
    expect(record.artifacts[0]).toMatchObject({ id: 'a', text: 'kept' });
    expect(record.handoffs).toHaveLength(1);
    expect(record.metadata).toMatchObject({ ...pure.metadata, label: 'urgent', trace_id: 'trace-1' });
    expect(record.observability).toMatchObject({ reviewed: true });
    expect(record.observability?.action_graph_nodes[1]).toMatchObject({ colour: 'blue', trace_id: 'trace-1' });
    expect(record.pending_nodes).toEqual([]);
    expect(record.replay_fixture).toEqual(replayFixtureFromRun(record));
  });

  test('when somebody wrote a fixture of their own, then it stays', async () => {
    const { path, record } = await recordRun({ ...(await mirrored(NAME)), folder });
    const fixture = { ...record.replay_fixture, expected_status: 'failed' };
    writeFileSync(path, JSON.stringify({ ...record, replay_fixture: fixture }));
    expect((await recordRun({ ...(await mirrored(NAME)), folder })).record.replay_fixture).toEqual(fixture);
  });
});

test('given a log with events and actions of a later version, then they are counted, and the rest is told', async () => {
  const { runId, store } = await mirrored('tools-timers-answers');
  const run = (await store.loadRun(runId))!;
  const entries = await store.scanLog(runId, 1);
  const odd = { ...entries[0]!, event: { type: 'Paused', by: 'Ann' } } as unknown as StoredLog;
  const requested = { type: 'ActionRequested', actionId: 'x', payload: { Fly: { to: 'moon' } } };
  const unheard = { ...entries[0]!, event: requested } as unknown as StoredLog;
  const record = recordOfRun({
    run,
    tenant: store.tenant,
    entries: [odd, unheard, ...entries],
    history: null,
    closed: null,
    rootRunId: null,
  });
  expect(record.metadata['unknown_events']).toEqual({ Paused: 1 });
  expect(record.stages[0]).toMatchObject({ id: 'x', node_id: 'Fly', status: 'running' });
  expect(record.stages).toHaveLength(5);
});

test('given a run that nobody mirrored, when it is recorded, then it is refused', async () => {
  await expect(recordRun({ runId: 'nobody', store: new MemoryStore(), history: null, folder })).rejects.toMatchObject({
    code: 'RunNotFound',
  });
});

test('given the record of another run in its place, when a run is recorded, then nothing is overwritten', async () => {
  const run = await mirrored('denied');
  const path = join(folder, 'denied.json');
  writeFileSync(path, runRecordText(RunRecordSchema.parse({ id: 'another' })));
  await expect(recordRun({ ...run, folder })).rejects.toMatchObject({ code: 'RunRecordFile' });
  writeFileSync(path, 'torn');
  await expect(recordRun({ ...run, folder })).rejects.toMatchObject({ code: 'InvalidRunRecord' });
  expect(readFileSync(path, 'utf8')).toBe('torn');
});

test('given a log of topics, when a run is recorded, then it is told of the graph; one that fails does not stop the record', async () => {
  const topics = new MemoryTopicLog();
  await recordRun({ ...(await mirrored('denied')), folder, topics });
  expect(await topics.readRange('observability.action_graph', null, 10)).toMatchObject([
    {
      kind: 'action_graph_update',
      headers: { run_id: 'denied', workflow_id: 'player' },
      payload: { status: 'failed' },
    },
  ]);
  topics.append = () => Promise.reject(new Error('no disk'));
  const { publishError } = await recordRun({ ...(await mirrored('denied')), folder, topics });
  expect(publishError?.message).toBe('no disk');
});

test('given two runs, when they are compared, then every difference is found and of its kind', async () => {
  const [left, right] = [await recordOf('denied'), await recordOf('failed')];
  expect(diffRunRecords(left, left).identical).toBe(true);
  expect(recordDifferences(left, left)).toEqual([]);
  expect(diffRunRecords(left, right).identical).toBe(false);
  expect(recordDifferences(left, right).map(({ kind }) => kind)).toContain('content');
  // The same run under another id, at another time, differs in nothing else.
  const again = decodeRunRecord(
    JSON.parse(
      runRecordText(left)
        .replaceAll('denied', 'declined')
        .replace(/\d{4}-\d\d-\d\dT/g, '2031-05-06T'),
    ),
  );
  expect(diffRunRecords(left, again).identical).toBe(true);
  const kinds = new Set(recordDifferences(left, again).map(({ kind }) => kind));
  expect([...kinds].sort()).toEqual(['id', 'time']);
});

test('given a run that people steer, when it is recorded, then it says who voted what, who settled it, who paused it, and what was denied', async () => {
  const record = await recordOf('people');

  expect(record.hitl_questions).toMatchObject([
    {
      prompt: 'May pay be called?',
      votes: [
        { by: 'ann', value: { decision: 'approve' } },
        { by: 'bob', value: { input: { amount: 400 } } },
        { by: 'ann', value: { decision: 'approve' } },
      ],
      answer: { outcome: 'approved' },
      answered_by: 'bob, ann',
    },
    { answer: { outcome: 'approved' }, answered_by: 'cid' },
    { answer: { outcome: 'approved' }, answered_by: 'cid' },
    { prompt: 'Which?', answer: { outcome: 'expired', value: 'blue' } },
    { answer: { outcome: 'denied', reason: 'enough' }, answered_by: 'dan' },
    { prompt: 'Where to?', answer: { outcome: 'answered', value: { town: 'Leeds' } } },
  ]);
  expect(record.stages.filter(({ node_id: node }) => node === 'pause')).toHaveLength(1);
  expect(record.tool_recordings).toMatchObject([
    { tool_name: 'pay', outcome: 'success', input: { amount: 400 } },
    { tool_name: 'echo', outcome: 'success' },
    { tool_name: 'pay', outcome: 'success', input: { amount: 200 } },
    { tool_name: 'pay', outcome: 'error', result: 'denied by dan: enough' },
  ]);
});
