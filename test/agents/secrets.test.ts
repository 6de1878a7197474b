/** Thirty planted secrets, and everywhere that a run leaves something: none of them is there. */
import { MemoryArtifacts } from '../../src/artifacts';
import { sequencedEventText } from '../../src/kernel';
import { historyToJson } from '../../src/mirror';
import { ModelPlugin, ModelStreams, openAiCompatible } from '../../src/models';
import { exportRun, runExportText } from '../../src/run-export';
import { startScriptedModel, type Fault, type ScriptedModel } from '../../tools/scripted-model';
import { RunHarness } from '../support/run-harness';
import { keeper, LOCKED_FROM, VAULT } from './keeper';

const WORKFLOWS = require.resolve('./keeper-workflows');
const TEN = Array.from({ length: 10 }, (_, at) => at);

/** In headers, which providers love to repeat in their errors. */
const KEYS = TEN.map((at) => `planted-key-${at}-aX93kd02`);
/** In results of a secret tool. */
const FOUND = TEN.map((at) => `planted-find-${at}-Qm7710zz`);
/** In errors of a secret tool. */
const REFUSED = TEN.map((at) => `planted-pass-${at}-Lw55ee1q`);
const PLANTED = [...KEYS, ...FOUND, ...REFUSED];

let server: ScriptedModel;
let harness: RunHarness;
const streams = new ModelStreams();
const printed: string[] = [];
beforeAll(async () => {
  for (const at of TEN) {
    VAULT.set(at, FOUND[at] as string);
    VAULT.set(LOCKED_FROM + at, REFUSED[at] as string);
  }
  const faults: Fault[] = KEYS.map((key, at) =>
    at % 5 === 0
      ? { type: 'status', status: 500, message: `who is ${key}?` }
      : { type: 'rate-limit', retryAfterMs: 1, message: `slow down, ${key}` },
  );
  server = await startScriptedModel((request) => {
    const prompt = JSON.stringify(request.messages.find(({ role }) => role === 'user'));
    if (prompt.includes('be refused'))
      return { faults: [{ type: 'status', status: 401, message: `no such key: ${KEYS[0] ?? ''}` }] };
    const answers = request.messages.filter(({ role }) => role === 'assistant').length;
    // As many faults at a time as the policy bears.
    if (answers === 0) return { calls: callsOf(0), faults: faults.slice(0, 5) };
    if (answers === 1) return { calls: callsOf(LOCKED_FROM), faults: faults.slice(5) };
    return { text: `I saw ${FOUND.join(' and ')}, with the key ${KEYS[3] ?? ''}.` };
  });
  const headers = Object.fromEntries(KEYS.slice(1).map((key, at) => [`x-secret-${at}`, key]));
  const host = openAiCompatible(
    { baseUrl: server.url, model: 'scripted', apiKeyVariable: 'PLANTED', headers },
    { PLANTED: KEYS[0] as string },
  );
  const artifacts = new MemoryArtifacts();
  const plugin = new ModelPlugin({ programs: [keeper], artifacts, models: { main: host }, streams });
  harness = await RunHarness.open({ programs: [keeper], plugins: [plugin], artifacts, replayedBy: WORKFLOWS });
  await harness.startWorker(WORKFLOWS);
  for (const method of ['log', 'warn', 'error'] as const) {
    jest.spyOn(console, method).mockImplementation((...said) => void printed.push(said.map(String).join(' ')));
  }
}, 120_000);
afterAll(async () => {
  jest.restoreAllMocks();
  await harness.close();
  await server.close();
});

function callsOf(first: number) {
  return TEN.map((at) => ({ tool: 'open', arguments: { number: first + at } }));
}

/** All that a run leaves anywhere, but for the store of artifacts, and what was said while it was under way. */
async function leftBy(runId: string, streamed: string): Promise<string> {
  const { client, store, mirror, kernel } = harness;
  const { events } = await client.workflow.getHandle(runId).fetchHistory();
  const history = historyToJson(events ?? []);
  await mirror.mirror(runId);
  const entries = await store.scanLog(runId, 1);
  const exported = runExportText(await exportRun(store, runId, [history]));
  const log = entries.map((entry) => sequencedEventText({ seq: entry.eventIndex, event: entry.event })).join('\n');
  const asked = JSON.stringify([await kernel.status(runId), await kernel.state(runId)]);
  return inClear([JSON.stringify(history), log, exported, asked, streamed, ...printed].join('\n'));
}

/** A text, and what its base64 says in clear. */
function inClear(text: string): string {
  return text + text.replace(/[A-Za-z0-9+/]{12,}={0,2}/g, (data) => Buffer.from(data, 'base64').toString('utf8'));
}

async function run(prompt: string): Promise<{ readonly left: string; readonly status: unknown }> {
  const runId = harness.newRunId('secrets');
  let streamed = '';
  streams.subscribe(runId, (event) => (streamed += JSON.stringify(event)));
  await harness.kernel.start(keeper, { runId, initialState: { prompt } });
  const status = await harness.kernel.runUntilBlocked(runId);
  return { left: await leftBy(runId, streamed), status };
}

test('given secrets in headers, in errors and in the results of secret tools, then the model saw them, and nothing else has any', async () => {
  const { left, status } = await run('Look.');
  await harness.checkRuns();

  expect(status).toEqual({ status: 'completed' });
  const shown = JSON.stringify(server.requests.map(({ body, headers }) => [body, headers]));
  expect(KEYS.filter((key) => !shown.includes(key))).toEqual([]);
  expect(FOUND.filter((found) => !shown.includes(found))).toEqual([]);
  expect(left).toContain('[secret]');
  expect(PLANTED.filter((secret) => left.includes(secret))).toEqual([]);
});

test('given a provider that refuses a key and names it, then the run fails, and says so without it', async () => {
  const { left, status } = await run('be refused');

  expect(status).toMatchObject({ status: 'failed', error: expect.stringContaining('401') as string });
  expect(PLANTED.filter((secret) => left.includes(secret))).toEqual([]);
});

test('given the search, then it finds what is planted in a history', () => {
  const payload = Buffer.from(JSON.stringify({ text: FOUND[4] })).toString('base64');
  expect(inClear(`{"data":"${payload}"}`)).toContain(FOUND[4]);
});
