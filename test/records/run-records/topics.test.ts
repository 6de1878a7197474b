/** Reading from a log of topics: in pages, only what is meant, and never past what can't be read. */
import {
  agentEventsTopic,
  loadAgentSessionReplayEvents,
  MemoryTopicLog,
  normalizeRunRecord,
  replayOfEventIdFromRun,
  runTraceId,
  sanitizeTopicComponent,
  signatureStatusLabel,
  TOPIC_BATCH_RECORDS,
  triggerEventFromRun,
  type TopicRecord,
} from '../../../src/records';

class CountingLog extends MemoryTopicLog {
  readonly reads: number[] = [];

  override async readRange(topic: string, after: number | null, limit: number): Promise<readonly TopicRecord[]> {
    const records = await super.readRange(topic, after, limit);
    this.reads.push(records.length);
    return records;
  }
}

async function sessionLog(events: number, sessionId = 'session/1'): Promise<CountingLog> {
  const log = new CountingLog();
  for (let event = 0; event < events; event += 1) {
    await append(log, sessionId, { type: 'tool_call', session_id: sessionId, nth: event });
  }
  return log;
}

async function append(log: MemoryTopicLog, sessionId: string, event: unknown, header = sessionId): Promise<number> {
  const record = { kind: 'agent', headers: { session_id: header }, payload: { event } as never, occurredAtMs: 7 };
  return await log.append(agentEventsTopic(sessionId), record);
}

test.each([
  [0, [0]],
  [1, [1]],
  [TOPIC_BATCH_RECORDS - 1, [1_023]],
  [TOPIC_BATCH_RECORDS, [1_024, 0]],
  [2 * TOPIC_BATCH_RECORDS + 3, [1_024, 1_024, 3]],
])('given %d events of a session, when they are read, then they are all there, page by page', async (events, pages) => {
  const log = await sessionLog(events);
  const read = await loadAgentSessionReplayEvents(log, 'session/1');
  expect(read.map(({ eventId }) => eventId)).toEqual(Array.from({ length: events }, (_, at) => at + 1));
  expect(read.every(({ event }, at) => event['nth'] === at)).toBe(true);
  expect(log.reads).toEqual(pages);
});

test('given sessions whose names become one topic, when one is read, then the events of the others are left out', async () => {
  const log = await sessionLog(2);
  expect(agentEventsTopic('session_1')).toBe(agentEventsTopic('session/1'));
  await append(log, 'session_1', { type: 'message', session_id: 'session_1' });
  // Headers and event must agree, and a record without an event is none.
  await append(log, 'session/1', { type: 'message', session_id: 'session_1' });
  await append(log, 'session/1', undefined);
  expect(await loadAgentSessionReplayEvents(log, 'session/1')).toHaveLength(2);
  expect(await loadAgentSessionReplayEvents(log, 'session_1')).toMatchObject([
    { eventId: 3, kind: 'agent', occurredAtMs: 7, event: { type: 'message' } },
  ]);
});

test.each([[5], [{}], [{ type: '', session_id: 'session/1' }], [{ type: 'message' }], [null]])(
  'given an event of the session that is %j, when they are read, then the error names its id',
  async (event) => {
    const log = await sessionLog(3);
    const id = await append(log, 'session/1', event);
    await expect(loadAgentSessionReplayEvents(log, 'session/1')).rejects.toMatchObject({
      code: 'InvalidTopicRecord',
      message: expect.stringContaining(`event ${id} `),
    });
  },
);

test('given odd names, then a topic has plain letters only', () => {
  expect(sanitizeTopicComponent('a/b c.d_e-f:é\u{1F600}')).toBe('a_b_c.d_e-f___');
});

describe('given a run that a trigger set off', () => {
  const trigger = {
    id: 'evt-1',
    provider: 'github',
    kind: 'push',
    dedupe_key: 'k',
    trace_id: 'trace-1',
    signature_status: { state: 'failed', reason: 'bad key' },
  };
  const run = normalizeRunRecord(
    {
      id: 'r',
      metadata: { trigger_event: trigger, trace_id: 'other', replay_of_event_id: 'evt-0' },
      stages: [{ id: 's', node_id: 'n' }],
    },
    { nowMs: 0, newId: (prefix) => prefix },
  );

  test('then its trigger, trace and what it plays again are read from its metadata', () => {
    const found = triggerEventFromRun(run)!;
    expect(found).toMatchObject({ id: 'evt-1', provider: 'github', kind: 'push', dedupeKey: 'k', traceId: 'trace-1' });
    expect(signatureStatusLabel(found.signatureStatus)).toBe('failed');
    expect(runTraceId(run)).toBe('trace-1');
    expect(replayOfEventIdFromRun(run)).toBe('evt-0');
    expect(runTraceId({ metadata: { trace_id: 'own', trigger_event: { id: 5 } } })).toBe('own');
    expect(runTraceId({ metadata: {} })).toBeNull();
    expect(replayOfEventIdFromRun({ metadata: { replay_of_event_id: 5 } })).toBeNull();
    expect(['verified', 'unsigned'].map((state) => signatureStatusLabel({ state: state as 'verified' }))).toEqual([
      'verified',
      'unsigned',
    ]);
  });

  test('then the trigger stands in the action graph, and what it is a replay of', () => {
    const { action_graph_nodes: nodes, action_graph_edges: edges } = run.observability!;
    expect(nodes.map(({ id, kind, status, outcome, trace_id: trace }) => [id, kind, status, outcome, trace])).toEqual([
      ['run:r', 'run', 'running', 'running', 'trace-1'],
      ['trigger:evt-0', 'trigger', 'historical', 'replayed_from', 'trace-1'],
      ['trigger:evt-1', 'trigger', 'received', 'failed', 'trace-1'],
      ['stage:s', 'stage', '', '', 'trace-1'],
    ]);
    expect(edges.map(({ from_id: from, to_id: to, kind, label }) => [from, to, kind, label])).toEqual([
      ['trigger:evt-0', 'trigger:evt-1', 'replay_chain', 'replay chain'],
      ['run:r', 'trigger:evt-1', 'entry', 'evt-1'],
      ['trigger:evt-1', 'stage:s', 'trigger_dispatch', null],
    ]);
  });
});
