/**
 * Every golden document of the reference, played. Where ours differs on purpose, what is expected instead is said in place, with the
 * number of the defect in the reference that is the reason; `docs/differences.md` lists them.
 */
/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return -- a golden document can be any JSON */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isKernelError } from '../../../src/kernel';
import {
  daemonEventsFromSidecar,
  diffRunRecords,
  evaluateRunAgainstFixture,
  llmTranscriptSidecarPath,
  MemoryTopicLog,
  normalizeRunRecord,
  redactionOf,
  replayFixtureFromRun,
  RunRecordSchema,
  runRecordText,
  toolFixtureHash,
  type RunRecordDocument,
} from '../../../src/records';
import { CapabilityPolicySchema, ToolApprovalPolicySchema } from '../../../src/records/run-records/capability-policy';
import { ArtifactRecordSchema } from '../../../src/records/run-records/artifact-record';
import { RunChildRecordSchema, RunExecutionRecordSchema } from '../../../src/records/run-records/child-run-record';
import { HandoffArtifactSchema } from '../../../src/records/run-records/handoff-record';
import * as observability from '../../../src/records/run-records/observability-record';
import { RunPersonaRuntimeRecordSchema } from '../../../src/records/run-records/persona-runtime-record';
import {
  ReplayFixtureSchema,
  ReplayStageAssertionSchema,
} from '../../../src/records/run-records/replay-fixture-record';
import {
  RunHitlQuestionRecordSchema,
  RunTraceSpanRecordSchema,
  ToolCallRecordSchema,
} from '../../../src/records/run-records/run-record';
import * as stage from '../../../src/records/run-records/stage-record';
import { LlmUsageRecordSchema } from '../../../src/records/run-records/usage-record';
import { compactRecordText } from '../../../src/records/run-records/record-text';
import { loadRunRecord, placeOf, runRecordPath, saveRunRecord } from '../../../src/run-files';
import { copyOf, masked, readHarn, readHarnText, type Golden } from './golden';

/** A moment, and how it is said: the reference says the seconds since 1970 (29). */
const NOW_MS = Date.UTC(2026, 0, 2);
const NOW = '2026-01-02T00:00:00Z';

const start = process.cwd();
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'golden-records-'));
  process.chdir(directory);
});
afterEach(() => {
  process.chdir(start);
  rmSync(directory, { recursive: true, force: true });
});

const normalized = (value: unknown): RunRecordDocument =>
  normalizeRunRecord(value, { nowMs: NOW_MS, newId: (prefix) => `${prefix}_<uuidv7>` });

/** What the reference makes of a run, but for times (29) and for what is the same each time that it is made (32). */
function withOwnTimes(golden: Golden): Golden {
  const run = copyOf(golden);
  if (run.started_at === '<now-unix-seconds>') run.started_at = NOW;
  if (run.replay_fixture?.created_at === '<now-unix-seconds>') {
    run.replay_fixture.created_at = run.finished_at ?? run.started_at;
  }
  return run;
}

describe('01_defaults', () => {
  const { normalized: golden, normalized_text: text, serde_default_text: bare } = readHarn('01_defaults.json');

  test('given nothing, when it is read, then every field has its default, in the order of the specification', () => {
    expect(compactRecordText(RunRecordSchema, RunRecordSchema.parse({}))).toBe(bare);
  });

  test('given nothing, when it is normalised, then it has an id, a beginning, a status, a fixture and a graph', () => {
    const run = normalized({});
    expect(masked(run)).toEqual(withOwnTimes(golden));
    const ours = compactRecordText(RunRecordSchema, run).replace(/fixture_[0-9a-f]{32}/, 'fixture_<uuidv7>');
    expect(ours).toBe(text.replaceAll('<now-unix-seconds>', NOW));
  });
});

describe('02_type_defaults', () => {
  const { types } = readHarn('02_type_defaults.json');
  const schemas: Record<string, { parse: (value: unknown) => unknown }> = {
    ArtifactRecord: ArtifactRecordSchema,
    CapabilityPolicy: CapabilityPolicySchema,
    CompactionEventRecord: observability.CompactionEventRecordSchema,
    DaemonEventRecord: observability.DaemonEventRecordSchema,
    HandoffArtifact: HandoffArtifactSchema,
    LlmUsageRecord: LlmUsageRecordSchema,
    ReplayFixture: ReplayFixtureSchema,
    ReplayStageAssertion: ReplayStageAssertionSchema,
    RunActionGraphEdgeRecord: observability.RunActionGraphEdgeRecordSchema,
    RunActionGraphNodeRecord: observability.RunActionGraphNodeRecordSchema,
    RunCheckpointRecord: stage.RunCheckpointRecordSchema,
    RunChildRecord: RunChildRecordSchema,
    RunExecutionRecord: RunExecutionRecordSchema,
    RunHitlQuestionRecord: RunHitlQuestionRecordSchema,
    RunObservabilityRecord: observability.RunObservabilityRecordSchema,
    RunPersonaRuntimeRecord: RunPersonaRuntimeRecordSchema,
    RunPlannerRoundRecord: observability.RunPlannerRoundRecordSchema,
    RunStageAttemptRecord: stage.RunStageAttemptRecordSchema,
    RunStageRecord: stage.RunStageRecordSchema,
    RunTraceSpanRecord: RunTraceSpanRecordSchema,
    RunTranscriptPointerRecord: observability.RunTranscriptPointerRecordSchema,
    RunTransitionRecord: stage.RunTransitionRecordSchema,
    RunVerificationOutcomeRecord: observability.RunVerificationOutcomeRecordSchema,
    RunWorkerLineageRecord: observability.RunWorkerLineageRecordSchema,
    ToolApprovalPolicy: ToolApprovalPolicySchema,
    ToolCallRecord: ToolCallRecordSchema,
  };

  test.each(Object.keys(schemas))('given an empty %s, when it is read, then it has the defaults', (name) => {
    expect(schemas[name]?.parse({})).toEqual(types[name]);
  });

  test('given the reports, when two empty runs are compared and judged, then they have the fields of the reference', () => {
    const empty = RunRecordSchema.parse({});
    expect(Object.keys(diffRunRecords(empty, empty)).sort()).toEqual(Object.keys(types.RunDiffReport).sort());
    const report = evaluateRunAgainstFixture(empty, replayFixtureFromRun(empty));
    expect(Object.keys(report).sort()).toEqual(Object.keys(types.ReplayEvalReport).sort());
    const reports = ['RunDiffReport', 'ReplayEvalReport'];
    expect([...Object.keys(schemas), ...reports].sort()).toEqual(Object.keys(types).sort());
  });
});

describe('03_normalize_cases', () => {
  const { cases } = readHarn('03_normalize_cases.json');

  test.each((cases as Golden[]).map((one): [string, Golden] => [one.case, one]))(
    '%s',
    (name, { input, result }: Golden) => {
      if ('Err' in result) {
        // The reference's errors quote what was given (30). Ours name the field, and no more.
        const field = /parse error at (\S+):/.exec(result.Err as string)?.[1] ?? '';
        expect(() => normalized(input)).toThrow(
          expect.objectContaining({
            code: 'InvalidRunRecord',
            message: expect.stringContaining(field === '.' ? 'no run record' : `${field}: `),
          }),
        );
        expect(() => normalized(input)).not.toThrow(/payload|text"/);
        return;
      }
      const expected = withOwnTimes(result.Ok);
      // Fields that the reference does not know are kept.
      if (name === 'unknown fields dropped') expected.unknown = 1;
      expect(masked(normalized(input))).toEqual(expected);
    },
  );
});

describe('04_child_runs', () => {
  test('given stages that started workers, when the run is normalised, then they are its child runs', () => {
    const golden = readHarn('04_child_runs.json');
    const run = normalized(golden.input);
    expect(run.child_runs).toEqual(golden.child_runs);
    expect(run.observability?.worker_lineage).toEqual(golden.worker_lineage);
    expect(run.observability?.action_graph_nodes).toEqual(golden.action_graph_nodes);
    expect(run.observability?.action_graph_edges).toEqual(golden.action_graph_edges);
  });
});

describe('05_full_record', () => {
  const golden = readHarn('05_full_record.json');
  const fileText = readHarnText('05_full_record.file.json');

  /** Questions stand in the order in which they were asked, whether a log of topics is there or not (36). */
  const inOrder = (run: Golden): Golden => {
    const copy = copyOf(run);
    copy.hitl_questions = [2, 1, 0, 3].map((at) => copy.hitl_questions[at]);
    return copy;
  };

  /** The same of a text: the lines of the questions change places. */
  const textInOrder = (text: string): string => {
    const from = text.indexOf('"hitl_questions": [\n') + '"hitl_questions": [\n'.length;
    const to = text.indexOf('\n  ]', from);
    const questions = text.slice(from, to).split(/,\n(?= {4}\{)/);
    return text.slice(0, from) + [2, 1, 0, 3].map((at) => questions[at]).join(',\n') + text.slice(to);
  };

  test('given a record with every field, when it is normalised, then it is as the reference has it', () => {
    expect(masked(normalized(golden.input))).toEqual(inOrder(golden.normalized));
  });

  test('when it is saved, then the file is the reference’s, byte for byte, but for the order of the questions (36)', async () => {
    const run = normalized(golden.input);
    const before = runRecordText(run);
    const saved = await saveRunRecord(run, { path: 'full.json' });
    expect(saved.path).toBe(golden.returned_path);
    const text = readFileSync('full.json', 'utf8');
    expect(fileText).toBe(golden.file_text);
    expect(textInOrder(fileText)).not.toBe(fileText);
    expect(text).toBe(textInOrder(fileText));
    expect(Buffer.byteLength(text)).toBe(golden.file_bytes_len);
    expect(text.endsWith('\n')).toBe(golden.file_ends_with_newline);
    expect(readdirSync('.')).toEqual(golden.directory_after);
    expect(runRecordText(run)).toBe(before);

    const loaded = await loadRunRecord('full.json');
    expect(masked(loaded)).toEqual(inOrder(golden.loaded));
    const again = await saveRunRecord(loaded, { path: 'full.json' });
    expect(again.path).toBe(golden.second_save_path);
    expect(readFileSync('full.json', 'utf8') === text).toBe(golden.second_save_same_bytes);
  });
});

describe('06_load_repairs', () => {
  const { cases } = readHarn('06_load_repairs.json');

  /** What the reference does not say of a run when it loads one; ours is the same each time (32). */
  const repaired = (golden: Golden): Golden => {
    const run = withOwnTimes(golden);
    if (run.id === '') {
      run.id = 'case';
      run.replay_fixture.source_run_id = 'case';
      Object.assign(run.observability.action_graph_nodes[0], { id: 'run:case', run_id: 'case' });
    }
    run._type = 'run_record';
    run.root_run_id ??= run.id;
    if (run.status === '') {
      run.status = 'running';
      run.replay_fixture.expected_status = 'running';
      Object.assign(run.observability.action_graph_nodes[0], { status: 'running', outcome: 'running' });
    }
    return run;
  };

  test.each((cases as Golden[]).map((one): [string, Golden] => [one.case, one]))('%s', async (name, golden: Golden) => {
    if (name === 'not UTF-8') writeFileSync('case.json', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]));
    else if (name !== 'missing file') writeFileSync('case.json', golden.file as string);
    const code = name === 'missing file' ? 'RunRecordNotFound' : 'InvalidRunRecord';
    // An array is no record, whatever its defaults would be (32).
    if ('Err' in golden.loaded || name === 'array') {
      await expect(loadRunRecord('case.json')).rejects.toMatchObject({ code });
      return;
    }
    const expected = repaired(golden.loaded.Ok);
    if (name === 'unknown fields are lost') expected.future_field = 1;
    if (name === 'persisted_path in the file wins over the real path') {
      // A copy says where it is, and not where it was (34).
      expected.persisted_path = 'case.json';
      expected.observability.action_graph_nodes[0].run_path = 'case.json';
      expected.observability.transcript_pointers[0].path = 'case.json';
    }
    const loaded = await loadRunRecord('case.json');
    expect(masked(loaded)).toEqual(expected);
    // The reference's fixture is another each time (32).
    expect(golden.two_loads_equal).toBe(false);
    expect(await loadRunRecord('case.json')).toEqual(loaded);
  });
});

describe('07_paths', () => {
  const { rows } = readHarn('07_paths.json');
  const row = (name: string): Golden => rows.find((one: Golden) => Object.keys(one).some((key) => key.includes(name)));
  const run = (id: string): RunRecordDocument => normalized({ id });

  test('given no path, when a record is saved, then it is in the folder of runs under its id', async () => {
    expect(row('save(None)')).toMatchObject({
      exists: true,
      'save(None)': { Ok: '<DIR>/.harn-runs/run-default.json' },
    });
    // The folder is ours, and can be named.
    const { path } = await saveRunRecord(run('run-default'), { folder: join(directory, '.harn-runs') });
    expect(path.replace(directory, '<DIR>')).toBe('<DIR>/.harn-runs/run-default.json');
    expect(existsSync(path)).toBe(true);
  });

  test('given an id that leads elsewhere, when it is saved, then it stays in the folder (33)', async () => {
    expect(row('../../escape')).toMatchObject({ 'written outside the run dir': true });
    const folder = join(directory, 'deep/runs');
    const { path } = await saveRunRecord(run('../../escape'), { folder });
    expect(dirname(path)).toBe(folder);
    expect(readdirSync(directory)).toEqual(['deep']);
    expect(readdirSync('deep')).toEqual(['runs']);
  });

  test('given a folder that is not there, or none at all, when a record is saved, then it is made', async () => {
    expect(row('creates parent')).toMatchObject({
      exists: true,
      'save creates parent directories': { Ok: 'deep/er/r.json' },
    });
    expect(row('bare.json')).toMatchObject({ 'save(Some("bare.json")) no parent': { Ok: 'bare.json' } });
    for (const path of ['deep/er/r.json', 'bare.json']) {
      expect((await saveRunRecord(run('r'), { path })).path).toBe(path);
      expect(existsSync(path)).toBe(true);
    }
  });

  test('given no id, when it is saved, then it is refused (33), and with one it gets what every record says (32)', async () => {
    expect(row('empty id')).toMatchObject({ exists: true });
    const bare = RunRecordSchema.parse({});
    await expect(saveRunRecord(bare, { path: 'unnormalised.json' })).rejects.toMatchObject({
      code: 'InvalidRunRecord',
    });
    await expect(saveRunRecord(bare)).rejects.toMatchObject({ code: 'InvalidRunRecord' });
    expect(readdirSync('.')).toEqual([]);
    const golden = row('RunRecord::default()')['save of RunRecord::default() does not add id/_type/status/started_at'];
    const { record } = await saveRunRecord(RunRecordSchema.parse({ id: 'given' }), { path: 'unnormalised.json' });
    expect(masked(record)).toMatchObject({
      ...golden,
      _type: 'run_record',
      id: 'given',
      root_run_id: 'given',
      status: 'running',
      replay_fixture: { ...golden.replay_fixture, source_run_id: 'given', expected_status: 'running', created_at: '' },
    });
  });

  test('given a record that was moved, when it is loaded, then it says where it is (34)', async () => {
    const golden = row('copied elsewhere');
    expect(golden['its root node run_path']).toBe('moved.json');
    await saveRunRecord(run('moved'), { path: 'moved.json' });
    mkdirSync('deep');
    renameSync('moved.json', 'deep/moved2.json');
    const loaded = await loadRunRecord('deep/moved2.json');
    expect(loaded.persisted_path).toBe('deep/moved2.json');
    expect(loaded.observability?.action_graph_nodes[0]?.run_path).toBe('deep/moved2.json');
    expect(loaded.observability?.transcript_pointers).toEqual(golden['its pointers']);
  });

  test('given a folder of runs, when a record is saved, then nothing else is written into it', async () => {
    expect(row('gitignore')).toMatchObject({ 'gitignore written next to default runs': false });
    await saveRunRecord(run('r'), { folder: 'runs' });
    expect(readdirSync('runs')).toEqual(['r.json']);
  });
});

describe('08_sidecar_daemon_compaction', () => {
  const golden = readHarn('08_sidecar_daemon_compaction.json');

  test('given transcripts, when the run is normalised, then their compactions and where they are can be seen', () => {
    const seen = normalized(golden.input).observability;
    const before = golden['before_save_(no persisted_path)'];
    expect(seen?.compaction_events).toEqual(before.compaction_events);
    expect(seen?.daemon_events).toEqual(before.daemon_events);
    expect(seen?.transcript_pointers).toEqual(before.transcript_pointers);
  });

  test('given a sidecar beside the file, when the record is saved and loaded, then its daemon events are in it', async () => {
    mkdirSync(dirname(golden.sidecar_path as string), { recursive: true });
    writeFileSync(golden.sidecar_path as string, golden.sidecar_text as string);
    expect(daemonEventsFromSidecar(golden.sidecar_text as string)).toEqual(golden.daemon_events);
    await saveRunRecord(normalized(golden.input), { path: 'side.json' });
    const seen = (await loadRunRecord('side.json')).observability;
    expect(seen?.daemon_events).toEqual(golden.daemon_events);
    expect(seen?.compaction_events).toEqual(golden.compaction_events);
    expect(seen?.transcript_pointers).toEqual(golden.transcript_pointers);
  });
});

describe('09_sidecar_paths', () => {
  const { rows } = readHarn('09_sidecar_paths.json');

  test.each((rows as Golden[]).map((one): [string, string] => [one.run_path, one.sidecar_pointer_path]))(
    'given the record %s, then its sidecar is %s',
    async (path: string, expected: string) => {
      expect(llmTranscriptSidecarPath(path)).toBe(expected);
      expect((await placeOf(path)).sidecar).toEqual({ path: expected, available: false, daemonEvents: [] });
    },
  );
});

describe('10_replay_fixture_eval_diff', () => {
  const golden = readHarn('10_replay_fixture_eval_diff.json');
  const a = RunRecordSchema.parse(golden.run_a);
  // The reference's runs were normalised; their own fixtures and graphs are what is compared.
  const [left, right] = [normalized(golden.run_a), normalized(golden.run_b)];

  test('given a run, when a fixture is made of it, then it asserts every stage', () => {
    const expected = copyOf(golden.fixture_from_a);
    expected.created_at = a.finished_at;
    expect(masked(replayFixtureFromRun(a))).toEqual(expected);
    expect(replayFixtureFromRun(a)).toEqual(replayFixtureFromRun(left));
  });

  test('given a run that visited a node twice, when it is held against its own fixture, then it passes (31)', () => {
    expect(golden['eval_a_against_own_fixture_(a node visited twice FAILS its own fixture)'].pass).toBe(false);
    expect(evaluateRunAgainstFixture(a, replayFixtureFromRun(a))).toEqual({ pass: true, failures: [], stage_count: 3 });
  });

  test('given a run that visited its nodes once, when it is held against its own fixture, then it passes', () => {
    const once = { ...right, stages: right.stages };
    expect(evaluateRunAgainstFixture(once, replayFixtureFromRun(once))).toEqual(
      golden.eval_unique_nodes_against_own_fixture,
    );
  });

  test('given another run, when it is held against the fixture, then each visit is held against its own (31)', () => {
    const { failures } = golden.eval_b_against_a_fixture;
    const ofSecondVisit = failures.filter((_: string, at: number) => at > 7);
    expect(ofSecondVisit).toEqual([
      'stage n1 outcome mismatch: expected success, got error',
      'stage n1 visible text does not contain expected snippet "second visit of n1"',
    ]);
    expect(evaluateRunAgainstFixture(right, replayFixtureFromRun(a))).toEqual({
      ...golden.eval_b_against_a_fixture,
      failures: [...failures.slice(0, 8), 'missing stage n1 (visit 2)'],
    });
  });

  test('given a run, when it is compared with itself, then it is identical', () => {
    expect(diffRunRecords(left, left)).toEqual(golden.diff_a_a);
  });

  test('given two runs, when they are compared, then visits are compared with visits (31), and all else as in the reference', () => {
    const expected = copyOf(golden.diff_a_b);
    expect(expected.stage_diffs[0]).toEqual({
      node_id: 'n1',
      change: 'changed',
      details: ['outcome: success -> error'],
    });
    expected.stage_diffs[0].details = [
      'status: completed -> failed',
      'outcome: success -> error',
      'branch: Some("main") -> None',
      'artifact_records: 2 -> 0',
    ];
    expected.stage_diffs.splice(1, 0, {
      node_id: 'n1 (visit 2)',
      change: 'removed',
      details: ['stage missing from right run'],
    });
    expect(diffRunRecords(left, right)).toEqual(expected);
  });

  test('given a clarifying question, when a run is held against it, then its questions are judged', () => {
    const fixture = ReplayFixtureSchema.parse({
      eval_kind: 'clarifying_question',
      expected_status: 'completed',
      clarifying_question: { expected_question: 'Which repo, please?', required_terms: ['repo'] },
    });
    const asking = (...prompts: string[]): RunRecordDocument => ({
      ...right,
      status: 'completed',
      hitl_questions: prompts.map((prompt) => RunHitlQuestionRecordSchema.parse({ prompt })),
    });
    expect(evaluateRunAgainstFixture(asking('which REPO please'), fixture)).toEqual(golden.clarifying_question_pass);
    expect(evaluateRunAgainstFixture(asking(), fixture)).toEqual(golden.clarifying_question_none);
    expect(evaluateRunAgainstFixture(asking('Please say what', 'and?'), fixture)).toEqual(
      golden.clarifying_question_fail,
    );
  });
});

describe('11_tool_fixture_hash', () => {
  const { cases } = readHarn('11_tool_fixture_hash.json');

  test.each((cases as Golden[]).map((one): [string, string, Golden] => [one.tool, one.args_text, one]))(
    '%s %s',
    (tool: string, _, one: Golden) => {
      expect(toolFixtureHash(tool, one.args)).toBe(one.hash);
    },
  );
});

describe('12_handoffs', () => {
  const golden = readHarn('12_handoffs.json');

  /** An artifact that is made for a handoff has the handoff's time (29, 32). */
  const timed = (artifacts: Golden): Golden => {
    const copy = copyOf(artifacts);
    expect(copy[2].created_at).toBe('<now-unix-seconds>');
    copy[2].created_at = copy[2].data.created_at;
    return copy;
  };

  /** A handoff has one receipt of the run: where the record is now (34). */
  const oneReceipt = (handoffs: Golden): Golden => {
    const copy = copyOf(handoffs);
    for (const handoff of copy) {
      expect(handoff.receipt_links).toHaveLength(2);
      handoff.receipt_links.shift();
    }
    return copy;
  };

  test('given handoffs and artifacts of handoffs, when the run is normalised, then both say the same', () => {
    const run = normalized(golden.input);
    expect(run.handoffs).toEqual(golden.normalized_handoffs);
    expect(run.artifacts).toEqual(timed(golden.normalized_artifacts));
  });

  test('when it is saved and loaded, then the receipts say where the record is (34)', async () => {
    await saveRunRecord(normalized(golden.input), { path: 'h.json' });
    const loaded = await loadRunRecord('h.json');
    expect(loaded.handoffs).toEqual(oneReceipt(golden.after_save_load_handoffs));
    const artifacts = timed(golden.after_save_load_artifacts);
    for (const at of [0, 2]) artifacts[at].data.receipt_links.shift();
    expect(loaded.artifacts).toEqual(artifacts);
  });
});

describe('13_hitl_merge', () => {
  const golden = readHarn('13_hitl_merge.json');
  const input = { id: 'run-q', workflow_id: 'wf', hitl_questions: golden.input };

  async function topics(): Promise<MemoryTopicLog> {
    const log = new MemoryTopicLog();
    const ask = async (kind: string, headers: Record<string, string>, payload: Golden): Promise<void> => {
      await log.append('hitl.questions', { kind, headers, payload, occurredAtMs: 0 });
    };
    const asked = 'hitl.question_asked';
    await ask(
      asked,
      { run_id: 'run-q' },
      { request_id: 'q1', agent: 'a', trace_id: 't', requested_at: '2', payload: { prompt: 'from log?' } },
    );
    await ask(asked, { request_id: 'q0' }, { run_id: 'run-q', requested_at: '1', payload: { prompt: 'by header' } });
    await ask(
      asked,
      { run_id: 'run-q' },
      { request_id: 'mine', requested_at: '3', payload: { prompt: 'log overrides the record' } },
    );
    await ask(
      asked,
      { run_id: 'another' },
      { request_id: 'q9', requested_at: '4', payload: { prompt: 'of another run' } },
    );
    await ask(asked, { run_id: 'run-q' }, { request_id: 'q8', requested_at: '4', payload: { prompt: '' } });
    await ask(
      'hitl.response',
      { run_id: 'run-q' },
      { request_id: 'q7', requested_at: '4', payload: { prompt: 'no question' } },
    );
    return log;
  }

  test('given questions in the log of topics, when the run is normalised, then they are merged, and nothing is lost (36)', async () => {
    const questions = await (await topics()).readRange('hitl.questions', null, 100);
    const run = normalizeRunRecord(input, { nowMs: NOW_MS, newId: (prefix) => prefix, questions });
    const expected = copyOf(golden.normalized_with_log);
    expect(expected[3]).toMatchObject({ request_id: 'mine', agent: '' });
    expected[3].agent = 'rec';
    expect(run.hitl_questions).toEqual(expected);
  });

  test('given no log, when the run is normalised, then its questions stand in order (36)', () => {
    const expected = copyOf(golden.normalized_without_log).reverse();
    expect(normalized(input).hitl_questions).toEqual(expected);
  });

  test('when it is saved, then the log is told of its action graph', async () => {
    const log = await topics();
    expect((await saveRunRecord(normalized(input), { path: 'q.json', topics: log })).publishError).toBeNull();
    const told = await log.readRange('observability.action_graph', null, 10);
    const [expected] = golden.action_graph_topic_events;
    // Who vouches for an event is its log's to say.
    const named = Object.entries(expected.headers as object).filter(([name]) => !name.startsWith('harn.provenance.'));
    const headers = Object.fromEntries(named);
    expect(told.map(({ eventId, kind, headers: told }) => ({ eventId, kind, headers: told }))).toEqual([
      { eventId: expected.id, kind: expected.kind, headers },
    ]);
    expect(Object.keys(told[0]?.payload as object).sort()).toEqual(expected.payload_keys);
  });
});

describe('14_secrets_on_disk', () => {
  test('given secrets, when the record is saved, then hashes stand in their place (37)', async () => {
    const { input, on_disk: clear } = readHarn('14_secrets_on_disk.json');
    expect(clear).toEqual(input);
    await saveRunRecord(normalized({ id: 'r', metadata: input }), { path: 'secrets.json' });
    const onDisk = JSON.parse(readFileSync('secrets.json', 'utf8')) as RunRecordDocument;
    expect(onDisk.metadata).toEqual({
      api_key: redactionOf('api_key', 'sk-abcdefghijklmnopqrstuvwxyz0123456789'),
      note: `token ${redactionOf('github_token', 'ghp_abcdefghijklmnopqrstuvwxyz0123456789')} inside`,
    });
  });
});

describe('15_atomic_write', () => {
  test('given 8 writers with 20 saves each and a reader, then nothing is torn and nothing is left over', async () => {
    const golden = readHarn('15_atomic_write.json');
    const path = runRecordPath('shared', directory);
    const writing = new AbortController();
    let reads = 0;
    let torn = 0;
    const reader = (async () => {
      while (!writing.signal.aborted) {
        await loadRunRecord(path).then(
          () => (reads += 1),
          (error: unknown) => (torn += isKernelError(error, 'RunRecordNotFound') ? 0 : 1),
        );
        await new Promise((done) => setImmediate(done));
      }
    })();
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let save = 0; save < 20; save += 1) {
        await saveRunRecord(normalized({ id: 'shared', task: `${writer} ${save} `.repeat(500) }), {
          folder: directory,
        });
      }
    });
    await Promise.all(writers);
    writing.abort();
    await reader;
    expect({ any_reads: reads > 0, torn_reads: torn }).toEqual({
      any_reads: golden.any_reads,
      torn_reads: golden.torn_reads,
    });
    expect(readdirSync(directory).filter((name) => name !== 'shared.json')).toEqual(golden.leftover_tmp_files);
  });
});
