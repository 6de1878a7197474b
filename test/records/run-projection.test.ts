/** The projection without a server: which entry gives which events, and that pieces of a log give what the whole log gives. */
import fc from 'fast-check';
import {
  actionIdOf,
  encodeAction,
  hashOf,
  type Action,
  type ArtifactRef,
  type Event,
  type RunRecord,
  type StoredLog,
} from '../../src/kernel';
import {
  eventOfEnd,
  eventsOfEntry,
  eventOfStart,
  ExecutionProjector,
  executionEventText,
  MemoryExecutionEventStore,
  storedExecutionEventText,
  type ExecutionEventStore,
  type NewExecutionEvent,
  type RunClosure,
} from '../../src/records';
import { MemoryStore } from '../../src/stores';
import { chainedSteps, runRecord } from '../../src/testing';
import { kernelError } from '../kernel/kernel-error-matcher';
import { stateAfter } from './execution-grammar';

const RUN = runRecord('r');
const HASH = (n: number): string => hashOf({ n });

function requested(action: Action, seq: number): Event {
  return { type: 'ActionRequested', actionId: actionIdOf('r', seq), payload: encodeAction(action) };
}

function succeeded(output: never, seq: number): Event {
  return { type: 'ActionSucceeded', actionId: actionIdOf('r', seq), output };
}

function failed(error: string, seq: number): Event {
  return { type: 'ActionFailed', actionId: actionIdOf('r', seq), error };
}

function entriesOf(...events: Event[]): readonly StoredLog[] {
  return chainedSteps(RUN, [{ events, position: 1 }])[0]?.entries ?? [];
}

/** All events of a log, as texts. */
function projected(entries: readonly StoredLog[], closure: RunClosure | null = null): string[] {
  return events(entries, closure).map(({ event }) => executionEventText(event));
}

function events(entries: readonly StoredLog[], closure: RunClosure | null = null): readonly NewExecutionEvent[] {
  const all = [
    eventOfStart(RUN, null),
    ...entries.flatMap((entry, index) => eventsOfEntry(RUN, entry, entries[index - 1] ?? null)),
  ];
  const end = closure && eventOfEnd(RUN, closure, entries.at(-1) ?? null, entries.at(-2) ?? null);
  return end === null ? all : [...all, end];
}

const STARTED = JSON.stringify({
  type: 'execution_started',
  parent: null,
  metadata: {
    first_execution_id: 'first execution of r',
    genesis_hash: RUN.genesisHash,
    initial_state: { n: 0 },
    program: 'counter',
    run_id: 'r',
    version: 1,
  },
});

const checkpoint = (seq: number, step: number | null): string =>
  JSON.stringify({
    type: 'checkpoint_saved',
    step_id: step === null ? null : `r-${step}`,
    checkpoint_id: `r-${seq}`,
    state_hash: HASH(seq),
  });

const FINAL_POLICY = {
  retryable: false,
  max_retries: 0,
  backoff_strategy: 'none',
  base_delay: 0,
  max_delay: 0,
  requires_idempotency_key: false,
};

describe('given an entry, then its execution events', () => {
  test('of a tool call are a step and a call with input and output, and a checkpoint after each entry', () => {
    const log = entriesOf(
      requested({ type: 'CallTool', tool: 'search', input: { q: 1 } }, 1),
      succeeded([2] as never, 1),
    );
    expect(projected(log)).toEqual([
      STARTED,
      '{"type":"step_started","step_id":"r-1","parent_step_id":null,"step_type":"ToolNode","name":"search"}',
      '{"type":"tool_call_started","step_id":"r-1","tool_call_id":"r-1","tool_name":"search","input":{"q":1}}',
      checkpoint(1, 1),
      '{"type":"tool_call_completed","step_id":"r-1","tool_call_id":"r-1","output":[2]}',
      '{"type":"step_completed","step_id":"r-1","output":null,"duration_ms":1}',
      checkpoint(2, 1),
    ]);
  });

  test('of a model call are a step with the answer as output, and a remark that has the question', () => {
    const log = entriesOf(
      requested({ type: 'CallLLM', provider: 'p', input: 'hello' }, 1),
      succeeded('hi' as never, 1),
    );
    expect(projected(log).slice(1)).toEqual([
      '{"type":"step_started","step_id":"r-1","parent_step_id":null,"step_type":"LlmNode","name":"p"}',
      '{"type":"custom","event_type":"llm_call_started","data":{"input":"hello","provider":"p","step_id":"r-1"}}',
      checkpoint(1, 1),
      '{"type":"step_completed","step_id":"r-1","output":"hi","duration_ms":1}',
      checkpoint(2, 1),
    ]);
  });

  test('of a state update are a step that is done, named after the step id', () => {
    const log = entriesOf(
      { type: 'StateUpdated', stepId: 'plan', payload: { n: 1 } },
      { type: 'StateUpdated', stepId: null, payload: 'text' },
    );
    expect(projected(log).slice(1)).toEqual([
      '{"type":"step_started","step_id":"r-1","parent_step_id":null,"step_type":"FunctionNode","name":"plan"}',
      '{"type":"step_completed","step_id":"r-1","output":"{\\"n\\":1}","duration_ms":0}',
      checkpoint(1, 1),
      '{"type":"step_started","step_id":"r-2","parent_step_id":null,"step_type":"FunctionNode","name":"update"}',
      '{"type":"step_completed","step_id":"r-2","output":"text","duration_ms":0}',
      checkpoint(2, 2),
    ]);
  });

  test('of a sleep are a step', () => {
    const log = entriesOf(requested({ type: 'Sleep', millis: 5 }, 1), succeeded(null as never, 1));
    expect(projected(log).slice(1)).toEqual([
      '{"type":"step_started","step_id":"r-1","parent_step_id":null,"step_type":"FunctionNode","name":"sleep 5 ms"}',
      checkpoint(1, 1),
      '{"type":"step_completed","step_id":"r-1","output":null,"duration_ms":1}',
      checkpoint(2, 1),
    ]);
  });

  test('of a question are a pause; of its answer, that it goes on, and a remark that has the answer', () => {
    const log = entriesOf({ type: 'Interrupted', value: { ask: 1 } }, { type: 'Resumed', value: 'yes' });
    expect(projected(log).slice(1)).toEqual([
      '{"type":"execution_paused","reason":"{\\"ask\\":1}"}',
      checkpoint(1, null),
      '{"type":"execution_resumed"}',
      '{"type":"custom","event_type":"answer_received","data":{"interrupt_id":"r-1","value":"yes"}}',
      checkpoint(2, null),
    ]);
  });

  test('of an answer that nothing was asked for are a remark: the execution was not paused', () => {
    const log = entriesOf(
      { type: 'Interrupted', value: 'go on?' },
      { type: 'Resumed', value: 1 },
      { type: 'Resumed', value: 2 },
    );
    expect(projected(log).slice(-2)).toEqual([
      '{"type":"custom","event_type":"answer_received","data":{"interrupt_id":null,"value":2}}',
      checkpoint(3, null),
    ]);
  });

  test('of a wait for a signal are a pause and no step', () => {
    const log = entriesOf(requested({ type: 'WaitSignal', name: 'payment' }, 1), succeeded({ amount: 1 } as never, 1));
    expect(projected(log).slice(1)).toEqual([
      '{"type":"execution_paused","reason":"waits for the signal \\"payment\\""}',
      checkpoint(1, null),
      '{"type":"execution_resumed"}',
      '{"type":"custom","event_type":"signal_received","data":{"action_id":"r-1","name":"payment","value":{"amount":1}}}',
      checkpoint(2, null),
    ]);
  });

  test('of the end are a checkpoint and then the end, with the time since the start', () => {
    expect(projected(entriesOf({ type: 'Completed' }), { closed: 'completed' }).slice(1)).toEqual([
      checkpoint(1, null),
      '{"type":"execution_completed","output":null,"duration_ms":1}',
    ]);
  });

  test.each([
    [{ type: 'CallTool', tool: 't', input: 1 }, 'ToolError', null],
    [{ type: 'CallLLM', provider: 'p', input: 1 }, 'LlmError', 'p'],
    [{ type: 'Sleep', millis: 1 }, 'KernelInternal', null],
  ] as const)(
    'of a failed %j are the step that failed, and the same error at the end',
    (action, category, provider) => {
      const log = entriesOf(requested(action, 1), failed('Executor: no', 1));
      const error = {
        category,
        message: 'Executor: no',
        retry_policy: FINAL_POLICY,
        code: null,
        attempt: 1,
        step_id: 'r-1',
        provider,
        http_status: null,
        details: null,
        occurred_at: RUN.startedAtMs + 2,
      };
      expect(projected(log, { closed: 'failed' }).slice(-3)).toEqual([
        JSON.stringify({ type: 'step_failed', step_id: 'r-1', error }),
        checkpoint(2, 1),
        JSON.stringify({ type: 'execution_failed', error }),
      ]);
    },
  );

  test.each([
    [undefined, 'PolicyViolation', 'an action was denied', null],
    [{ code: 'PolicyDenied', reason: 'no' }, 'PolicyViolation', 'no', 'PolicyDenied'],
    [{ code: 'BudgetExceeded', reason: 'spent' }, 'QuotaExceeded', 'spent', 'BudgetExceeded'],
  ] as const)('of a denial (%j) are the end alone: nothing was requested', (denial, category, message, code) => {
    const [, end] = events([], { closed: 'failed', ...(denial === undefined ? {} : { denial }), closedAtMs: 7 });
    expect(end).toMatchObject({
      event: { type: 'ExecutionFailed', error: { category, message, code, occurredAtMs: 7, stepId: null } },
      timestampMs: 7,
    });
  });

  test.each([
    ['cancelled', '{"type":"execution_cancelled","reason":"cancelled"}'],
    ['terminated', '{"type":"execution_cancelled","reason":"terminated"}'],
  ] as const)('of a run that was %s are a cancellation, also while it is paused', (closed, text) => {
    const log = entriesOf({ type: 'Interrupted', value: 1 });
    expect(projected(log, { closed }).at(-1)).toBe(text);
    expect(stateAfter(events(log, { closed }).map(({ event }) => event))).toBe('Cancelled');
  });

  test('of a run that timed out are a failure', () => {
    const end = events(entriesOf({ type: 'Interrupted', value: 1 }), { closed: 'timedOut' }).at(-1);
    expect(end).toMatchObject({ event: { type: 'ExecutionFailed', error: { category: 'Timeout' } } });
  });

  test('have the time of their entry, and a step that ends before it began lasted no time', () => {
    const [request, result] = entriesOf(requested({ type: 'Sleep', millis: 5 }, 1), succeeded(null as never, 1));
    const early = { ...result!, origin: { ...result!.origin, timeMs: RUN.startedAtMs - 5 } };
    const [completed] = eventsOfEntry(RUN, early, request!);
    expect(completed).toMatchObject({ event: { durationMs: 0 }, timestampMs: RUN.startedAtMs - 5 });
  });

  test('of a run that another run started have that run as parent, unless something else is named', () => {
    const child = { ...RUN, parent: { runId: 'mother', executionId: 'x' } };
    const parent = { parentId: 'mother', parentType: 'step_execution' };
    expect(eventOfStart(child).event).toMatchObject({ type: 'ExecutionStarted', parent });
    const webhook = { parentId: 'hook', parentType: 'webhook' } as const;
    expect(eventOfStart(child, webhook).event).toMatchObject({ parent: webhook });
  });

  test('of what a reset made have the ids of the run inside, and checkpoints of their own log', () => {
    const branch = { type: 'reset', of: 'r', executionId: 'b', baseExecutionId: 'a', resetEventId: 4 } as const;
    const run = { ...RUN, runId: 'r~b', branch };
    const log = entriesOf({ type: 'Interrupted', value: 1 }, { type: 'Resumed', value: 2 });
    expect(eventsOfEntry(run, log[1]!, log[0]!).map(({ event }) => event)).toMatchObject([
      { type: 'ExecutionResumed' },
      { type: 'Custom', data: { interrupt_id: 'r-1' } },
      { type: 'CheckpointSaved', checkpointId: 'r~b-2' },
    ]);
    expect(eventOfStart(run).event).toMatchObject({ metadata: { run_id: 'r' } });
  });

  test('of a result without its request are none: the log is not whole', () => {
    const [, result] = entriesOf(requested({ type: 'Sleep', millis: 5 }, 1), succeeded(null as never, 1));
    expect(() => eventsOfEntry(RUN, result!, null)).toThrow(kernelError('LogCorrupt'));
  });
});

/** The reference to an artifact, each number another one. */
const ref = (n: number): ArtifactRef => ({ $artifact: { address: `sha256:${HASH(n)}`, bytes: n } });

const artifactStored = (n: number, step: number): string =>
  JSON.stringify({
    type: 'artifact_stored',
    artifact_id: `sha256:${HASH(n)}`,
    step_id: `r-${step}`,
    content_hash: `sha256:${HASH(n)}`,
    size_bytes: n,
  });

describe('given an output that refers to artifacts', () => {
  test('when it is a tool’s, then each is stored once, in the order in which they stand, within the step', () => {
    const output = {
      pages: [ref(2), { deeper: ref(1) }],
      title: ref(3),
      again: ref(2),
      none: { $artifact: { bytes: 1 } },
    };
    const log = entriesOf(
      requested({ type: 'CallTool', tool: 't', input: ref(9) as never }, 1),
      succeeded(output as never, 1),
    );
    expect(projected(log).slice(4)).toEqual([
      expect.stringContaining('"type":"tool_call_completed"'),
      artifactStored(2, 1),
      artifactStored(1, 1),
      artifactStored(3, 1),
      '{"type":"step_completed","step_id":"r-1","output":null,"duration_ms":1}',
      checkpoint(2, 1),
    ]);
  });

  test('when it is a model’s, then each is stored within the step', () => {
    const answer = { stored: [ref(1), ref(2)] };
    const log = entriesOf(requested({ type: 'CallLLM', provider: 'p', input: 1 }, 1), succeeded(answer as never, 1));
    expect(projected(log).slice(4)).toEqual([
      artifactStored(1, 1),
      artifactStored(2, 1),
      expect.stringContaining('"type":"step_completed"'),
      checkpoint(2, 1),
    ]);
  });

  test('when it is a signal’s value, an answer or a state, then nothing was stored by a step', () => {
    const log = entriesOf(
      requested({ type: 'WaitSignal', name: 's' }, 1),
      succeeded(ref(1) as never, 1),
      { type: 'StateUpdated', stepId: null, payload: ref(1) as never },
      { type: 'Interrupted', value: ref(1) as never },
      { type: 'Resumed', value: ref(1) as never },
    );
    expect(projected(log).filter((text) => text.includes('artifact_stored'))).toEqual([]);
  });

  test('when they are more than go into one batch, then batches are of whole entries, and a remark says what is left out', async () => {
    const many = (count: number): never => Array.from({ length: count }, (_, n) => ref(n)) as never;
    const log = [7_000, 5_000, 9_500, 1].flatMap((count, at) => [
      requested({ type: 'CallTool', tool: 't', input: 1 }, 2 * at + 1),
      succeeded(many(count), 2 * at + 1),
    ]);
    const target = new MemoryExecutionEventStore();
    const report = await projector(await logOf(RUN, log), target).project({ runId: 'r', head: 8, closed: 'cancelled' });
    expect(report).toMatchObject({ ended: true });
    const data = (await target.loadEvents('r')).map(({ event }) => event);
    const stored = (step: string): number =>
      data.filter((event) => event.type === 'ArtifactStored' && event.stepId === step).length;
    expect(['r-1', 'r-3', 'r-5', 'r-7'].map(stored)).toEqual([7_000, 5_000, 9_000, 1]);
    expect(data.filter((event) => event.type === 'Custom')).toEqual([
      { type: 'Custom', eventType: 'artifacts_left_out', data: { step_id: 'r-5', listed: 9_000 } },
    ]);
    expect(stateAfter(data)).toBe('Cancelled');
  });
});

/** What a machine can append at once, given the seq of the first event. */
type Move = (seq: number) => readonly Event[];

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ type: fc.constant('CallTool' as const), tool: fc.constant('t'), input: fc.constant(1) }),
  fc.record({ type: fc.constant('CallLLM' as const), provider: fc.constant('p'), input: fc.constant(1) }),
  fc.record({ type: fc.constant('Sleep' as const), millis: fc.constant(1) }),
  fc.record({ type: fc.constant('WaitSignal' as const), name: fc.constant('s') }),
);
const move: fc.Arbitrary<Move> = fc.oneof(
  fc.constant<Move>(() => [{ type: 'StateUpdated', stepId: 'a', payload: 1 }]),
  fc
    .tuple(action, fc.constantFrom<unknown>(1, ref(1), [ref(1), { more: [ref(2), ref(1)] }]))
    .map(([asked, output]): Move => (seq) => [requested(asked, seq), succeeded(output as never, seq)]),
  fc
    .nat({ max: 2 })
    .map((more): Move => () => [
      { type: 'Interrupted', value: 1 },
      { type: 'Resumed', value: 1 },
      ...Array.from({ length: more }, (): Event => ({ type: 'Resumed', value: 2 })),
    ]),
);
const ending: fc.Arbitrary<{ readonly last: Move; readonly closed: RunClosure['closed'] }> = fc.oneof(
  fc.constant({ last: (): readonly Event[] => [{ type: 'Completed' }], closed: 'completed' as const }),
  action
    .filter(({ type }) => type !== 'WaitSignal')
    .map((asked) => ({ last: (seq: number) => [requested(asked, seq), failed('no', seq)], closed: 'failed' as const })),
  action.map((asked) => ({
    last: (seq: number) => [requested(asked, seq), failed('cancelled', seq)],
    closed: 'cancelled' as const,
  })),
  fc.constantFrom('cancelled' as const, 'terminated' as const, 'failed' as const, 'timedOut' as const).map((closed) => {
    return { last: (): readonly Event[] => [], closed };
  }),
);
const anyLog = fc
  .record({ moves: fc.array(move, { maxLength: 8 }), ending })
  .map(({ moves, ending: { last, closed } }) => {
    const log: Event[] = [];
    for (const one of [...moves, last]) log.push(...one(log.length + 1));
    return { events: log, closed };
  });

describe('given any log', () => {
  test('when it is projected, then the reference allows every event to follow the one before', () => {
    fc.assert(
      fc.property(anyLog, ({ events: log, closed }) => {
        const entries = entriesOf(...log);
        const states = { completed: 'Completed', failed: 'Failed', timedOut: 'Failed' } as const;
        const expected = closed in states ? states[closed as keyof typeof states] : 'Cancelled';
        expect(stateAfter(events(entries, { closed }).map(({ event }) => event))).toBe(expected);
      }),
    );
  });

  test('when it is projected in pieces, by several at once, with others appending too, then its events are there once', async () => {
    const piece = fc.record({
      head: fc.nat({ max: 20 }),
      projectors: fc.integer({ min: 1, max: 3 }),
      remark: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(anyLog, fc.array(piece, { maxLength: 5 }), async ({ events: log, closed }, pieces) => {
        const store = await logOf(RUN, log);
        const target = new MemoryExecutionEventStore();
        for (const { head, projectors, remark } of pieces) {
          const run = { runId: 'r', head: Math.min(head, log.length), closed: null };
          const work = Array.from({ length: projectors }, () => projector(store, target).project(run));
          if (remark) await target.append('r', REMARK);
          await Promise.all(work);
        }
        const last = { runId: 'r', head: log.length, closed };
        await projector(store, target).project(last);
        expect((await projector(store, target).project(last)).added).toBe(0);

        const alone = new MemoryExecutionEventStore();
        await projector(store, alone).project(last);
        expect(await own(target)).toEqual(await own(alone));
        expect(await own(alone)).toEqual(
          events(entriesOf(...log), { closed }).map(({ event }) => executionEventText(event)),
        );
      }),
    );
  });
});

const REMARK: NewExecutionEvent = {
  event: { type: 'Custom', eventType: 'remark', data: null },
  timestampMs: 1,
};

/** The texts of the projection's events, in order. */
async function own(store: ExecutionEventStore): Promise<string[]> {
  const texts = (await store.loadEvents('r')).map(({ event }) => executionEventText(event));
  return texts.filter((text) => text !== executionEventText(REMARK.event));
}

async function logOf(run: RunRecord, log: readonly Event[]): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (const step of chainedSteps(run, [{ events: log, position: 1 }])) await store.writeStep(step);
  return store;
}

function projector(log: MemoryStore, target: ExecutionEventStore): ExecutionProjector {
  return new ExecutionProjector({ log, events: target });
}

describe('given a log of 500 entries', () => {
  const log = Array.from({ length: 500 }, (_, n): Event => ({ type: 'StateUpdated', stepId: null, payload: n }));
  const run = { runId: 'r', head: 500, closed: null };

  test('when the projector dies after any of its batches, then the next one goes on and nothing is there twice', async () => {
    const store = await logOf(RUN, log);
    for (const survives of [0, 1, 2]) {
      const target = new MemoryExecutionEventStore();
      let batches = 0;
      const dying = new Proxy<ExecutionEventStore>(target, {
        get: (of, name) => {
          const member: unknown = Reflect.get(of, name, of);
          if (typeof member !== 'function') return member;
          if (name !== 'appendBatch' || (batches += 1) <= survives) return member.bind(of) as unknown;
          return () => Promise.reject(new Error('killed'));
        },
      });
      await expect(projector(store, dying).project(run)).rejects.toThrow('killed');
      const before = await target.countEvents('r');
      expect(before).toBe(survives === 0 ? 0 : survives * 600 + 1);
      expect(await projector(store, target).project(run)).toEqual({
        executionId: 'r',
        added: 1_501 - before,
        ended: false,
      });
      expect(stateAfter((await target.loadEvents('r')).map(({ event }) => event))).toBe('Running');
    }
  });

  test('when its run has ended, then the end is behind the last of its batches', async () => {
    const store = await logOf(RUN, log);
    const target = new MemoryExecutionEventStore();
    await projector(store, target).project({ ...run, closed: 'terminated' });
    const data = (await target.loadEvents('r')).map(({ event }) => event);
    expect(data.length).toBe(1_502);
    expect(data.findIndex(({ type }) => type === 'ExecutionCancelled')).toBe(1_501);
    expect(stateAfter(data)).toBe('Cancelled');
  });

  test('when it is projected again, then no more is read than what tells where it stands', async () => {
    const store = await logOf(RUN, log);
    const target = new MemoryExecutionEventStore();
    await projector(store, target).project(run);
    let read = 0;
    const counting = new Proxy(store, {
      get: (of, name) => {
        const member: unknown = Reflect.get(of, name, of);
        if (typeof member !== 'function') return member;
        if (name !== 'scanLog') return member.bind(of) as unknown;
        return async (...args: Parameters<MemoryStore['scanLog']>) => {
          const entries = await of.scanLog(...args);
          read += entries.length;
          return entries;
        };
      },
    });
    expect((await projector(counting, target).project(run)).added).toBe(0);
    expect(read).toBeLessThanOrEqual(2);
  });
});

describe('given a run that the execution does not fit', () => {
  const LOG: readonly Event[] = [
    { type: 'Interrupted', value: 1 },
    { type: 'Resumed', value: 1 },
  ];

  test('when the log does not reach the head, or goes beyond the end, then nothing is written', async () => {
    const store = await logOf(RUN, LOG);
    const target = new MemoryExecutionEventStore();
    const look = (head: number, closed: RunClosure['closed'] | null): Promise<unknown> =>
      projector(store, target).project({ runId: 'r', head, closed });
    await expect(look(3, null)).rejects.toThrow(kernelError('EventStore'));
    await expect(look(1, 'cancelled')).rejects.toThrow(kernelError('EventStore'));
    expect(await target.executionExists('r')).toBe(false);
  });

  test('when a run was never mirrored, then the error says so', async () => {
    const target = new MemoryExecutionEventStore();
    const look = projector(new MemoryStore(), target).project({ runId: 'r', head: 0, closed: null });
    await expect(look).rejects.toThrow(kernelError('RunNotFound'));
  });

  test('when the execution is that of another run, or has another parent, then nothing is added', async () => {
    const target = new MemoryExecutionEventStore();
    const parent = { parentId: 'msg', parentType: 'user_message' } as const;
    await projector(await logOf(RUN, LOG), target).project({ runId: 'r', head: 1, closed: null, parent });
    const count = await target.countEvents('r');

    const another = await logOf(runRecord('r', { n: 7 }), LOG);
    const stranger = projector(another, target).project({ runId: 'r', head: 2, closed: null });
    await expect(stranger).rejects.toThrow(kernelError('RunAlreadyStarted'));
    const orphan = projector(await logOf(RUN, LOG), target).project({
      runId: 'r',
      head: 2,
      closed: null,
      parent: { ...parent, parentId: 'other' },
    });
    await expect(orphan).rejects.toThrow(kernelError('RunAlreadyStarted'));
    expect(await target.countEvents('r')).toBe(count);

    const again = await projector(await logOf(RUN, LOG), target).project({ runId: 'r', head: 2, closed: null });
    expect(again.added).toBe(3);
    expect((await target.loadEvents('r'))[0]?.event).toMatchObject({ type: 'ExecutionStarted', parent });
  });

  test('when log and events belong to two tenants, then there is no projector', () => {
    const events = new MemoryExecutionEventStore('b');
    expect(() => new ExecutionProjector({ log: new MemoryStore('a'), events })).toThrow(kernelError('InvalidTenant'));
  });

  test('when somebody wrote to the execution before, then its events stand behind theirs', async () => {
    const target = new MemoryExecutionEventStore();
    await target.append('r', REMARK);
    const run = { runId: 'r', head: 2, closed: null };
    expect((await projector(await logOf(RUN, LOG), target).project(run)).added).toBe(6);
    expect((await projector(await logOf(RUN, LOG), target).project(run)).added).toBe(0);
    const texts = (await target.loadEvents('r')).map(storedExecutionEventText);
    expect(texts[1]).toContain(
      '"sequence":2,"execution_id":"r","tenant_id":"default","event":{"type":"execution_started"',
    );
  });
});
