/** What holds of every run record, whatever is in it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { isPlainObject } from '../../../src/kernel';
import {
  decodeRunRecord,
  evaluateRunAgainstFixture,
  fillMissingChildRunFields,
  mergeChildRuns,
  mergeRecords,
  parseRecordJson,
  placedRunRecord,
  redactSecrets,
  replayFixtureFromRun,
  RunRecordSchema,
  runRecordText,
  syncRunHandoffs,
  type RunChildRecord,
  type RunStageRecord,
} from '../../../src/records';
import { ArtifactRecordSchema } from '../../../src/records/run-records/artifact-record';
import { RunChildRecordSchema } from '../../../src/records/run-records/child-run-record';
import { HandoffArtifactSchema } from '../../../src/records/run-records/handoff-record';
import { isEmpty, ownOf } from '../../../src/records/run-records/member';
import { RunStageRecordSchema } from '../../../src/records/run-records/stage-record';
import { loadRunRecord, saveRunRecord } from '../../../src/run-files';
import { anyOf, anyRunRecord } from './any-run-record';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'any-record-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

test('given any record, when it is printed and read, then it is the same, to the last byte', () => {
  fc.assert(
    fc.property(anyRunRecord, (given) => {
      const run = decodeRunRecord(given);
      const text = runRecordText(run);
      expect(runRecordText(decodeRunRecord(parseRecordJson(text)))).toBe(text);
      expect(decodeRunRecord(parseRecordJson(text))).toEqual(run);
    }),
    { numRuns: 40 },
  );
});

test('given any record, when it is loaded, saved and loaded, then it is the same record', async () => {
  const path = join(directory, 'any.json');
  await fc.assert(
    fc.asyncProperty(anyRunRecord, async (given) => {
      writeFileSync(path, JSON.stringify({ ...given, id: 'any' }));
      const loaded = await loadRunRecord(path);
      await saveRunRecord(loaded, { path });
      const text = readFileSync(path, 'utf8');
      const again = await loadRunRecord(path);
      expect(again).toEqual(redactSecrets(loaded));
      await saveRunRecord(again, { path });
      expect(readFileSync(path, 'utf8')).toBe(text);
    }),
    { numRuns: 20 },
  );
});

test('given any record with fields that nobody knows, when it is kept, then every one of them is still there', () => {
  fc.assert(
    fc.property(anyRunRecord, (given) => {
      const run = decodeRunRecord({ ...given, observability: null });
      const kept = placedRunRecord(run, { path: 'any.json', sidecar: null });
      const unknown = (value: unknown): readonly unknown[] =>
        Array.isArray(value)
          ? value.flatMap(unknown)
          : isPlainObject(value)
            ? Object.entries(value).flatMap(([name, member]) => (name === 'added_by_hand' ? [member] : unknown(member)))
            : [];
      // Handoffs are told twice, and may be merged; elsewhere there are as many as there were.
      const rest = { ...run, handoffs: [], artifacts: [] };
      const found = unknown(kept).map((value) => JSON.stringify(value));
      for (const value of unknown(rest)) expect(found).toContain(JSON.stringify(value));
    }),
    { numRuns: 25 },
  );
});

const anyChild = anyOf(RunChildRecordSchema) as fc.Arbitrary<RunChildRecord>;
const worker = fc.record(
  {
    id: fc.constantFrom('w1', 'w2', 'w3', ''),
    name: fc.string(),
    task: fc.string(),
    status: fc.constantFrom('running', 'completed', ''),
    started_at: fc.string(),
    finished_at: fc.option(fc.string()),
    request: fc.jsonValue(),
    child_run_id: fc.string(),
  },
  { requiredKeys: ['id'] },
);
const stages = fc.array(
  fc.tuple(fc.string(), fc.option(worker)).map(([id, started]): RunStageRecord => {
    return RunStageRecordSchema.parse({
      id,
      metadata: started === null ? {} : { worker: JSON.parse(JSON.stringify(started)) as object },
    });
  }),
  { maxLength: 4 },
);
const children = fc
  .array(fc.tuple(fc.constantFrom('w1', 'w2', 'other'), anyChild), { maxLength: 3 })
  .map((given) => given.map(([id, child]) => RunChildRecordSchema.parse({ ...child, worker_id: id })));

test('given any child runs and stages, when they are merged, then once is enough and no field is lost', () => {
  fc.assert(
    fc.property(children, stages, (known, started) => {
      const merged = mergeChildRuns(known, started);
      expect(mergeChildRuns(merged, started)).toEqual(merged);
      for (const [at, child] of known.entries()) {
        for (const [field, value] of Object.entries(child)) {
          if (!isEmpty(value)) expect(ownOf(merged[at] ?? {}, field)).toEqual(value);
        }
      }
      const ids = started.flatMap(
        ({ metadata }) => ((metadata['worker'] as { id?: string } | undefined)?.id ?? '') || [],
      );
      expect(new Set(merged.map(({ worker_id: id }) => id))).toEqual(
        new Set([...known.map(({ worker_id: id }) => id), ...ids]),
      );
    }),
    { numRuns: 200 },
  );
});

test('given two tellings of a child run, when one fills the other, then it keeps its own and gains the rest', () => {
  fc.assert(
    fc.property(anyChild, anyChild, (one, other) => {
      const [left, right] = [RunChildRecordSchema.parse(one), RunChildRecordSchema.parse(other)];
      const filled = fillMissingChildRunFields(left, right);
      for (const field of new Set([...Object.keys(left), ...Object.keys(right)])) {
        const [mine, others] = [ownOf(left, field), ownOf(right, field)];
        expect(ownOf(filled, field)).toEqual(isEmpty(mine) && !isEmpty(others) ? others : mine);
      }
    }),
  );
});

test('given any record, when it is held against its own fixture, then it passes, and the fixture is the same each time', () => {
  fc.assert(
    fc.property(anyRunRecord, (given) => {
      const run = decodeRunRecord(given);
      const fixture = replayFixtureFromRun(run);
      expect(evaluateRunAgainstFixture(run, fixture)).toEqual({
        pass: true,
        failures: [],
        stage_count: run.stages.length,
      });
      expect(replayFixtureFromRun(decodeRunRecord(given))).toEqual(fixture);
    }),
    { numRuns: 25 },
  );
});

/** Handoffs that share ids, or have none, and agree with each other or not. */
const handoff = fc
  .tuple(
    anyOf(HandoffArtifactSchema),
    fc.record({
      id: fc.constantFrom('x', 'x~2', ''),
      task: fc.constantFrom('t', ' u ', ''),
      source_persona: fc.constantFrom('p', 'q', ''),
      reason: fc.constant('r'),
      target_persona_or_human: fc.constantFrom({ kind: 'human', label: 'Ann' }, {}),
    }),
  )
  .map(([any, known]) => ({ ...(any as object), ...known }));
const artifact = fc.tuple(anyOf(ArtifactRecordSchema), fc.option(handoff)).map(([any, data]) => ({
  ...(any as object),
  ...(data === null ? {} : { kind: 'handoff', data: JSON.parse(JSON.stringify(data)) as object }),
}));

test('given any handoffs, when they are brought in step, then none is lost, and once is enough', () => {
  const few = { maxLength: 3 };
  fc.assert(
    fc.property(fc.array(handoff, few), fc.array(artifact, few), fc.string(), (handoffs, artifacts, startedAt) => {
      const run = decodeRunRecord({ id: 'r', handoffs, artifacts, started_at: startedAt });
      const synced = syncRunHandoffs(run);
      expect(syncRunHandoffs(synced)).toEqual(synced);
      const tasks = synced.handoffs.map(({ task }) => task);
      for (const { task } of run.handoffs) if (task.trim() !== '') expect(tasks).toContain(task.trim());
      expect(new Set(synced.handoffs.map(({ id }) => id)).size).toBe(synced.handoffs.length);
    }),
    { numRuns: 60 },
  );
});

test('given any two tellings of one record, when they are put together, then what only one says is there', () => {
  fc.assert(
    fc.property(anyRunRecord, anyRunRecord, (one, other) => {
      const [older, newer] = [decodeRunRecord(one), decodeRunRecord(other)];
      const merged = mergeRecords(RunRecordSchema, older, newer);
      for (const field of new Set([...Object.keys(older), ...Object.keys(newer)])) {
        const [before, now] = [ownOf(older, field), ownOf(newer, field)];
        if (field === 'pending_nodes') expect(ownOf(merged, field)).toEqual(now);
        else if (isEmpty(now) && !isEmpty(before)) expect(ownOf(merged, field)).toEqual(before);
        else if (isEmpty(before) && !isEmpty(now)) expect(ownOf(merged, field)).toEqual(now);
      }
      expect(mergeRecords(RunRecordSchema, merged, newer)).toEqual(merged);
    }),
    { numRuns: 25 },
  );
});
