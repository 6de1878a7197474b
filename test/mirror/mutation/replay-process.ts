/**
 * A process that replays histories with Temporal's own replay and the tests' workflow code: a job a line comes in, a result a line
 * goes out. It is a process of its own because what is no history can bring down the core that reads it.
 */
import { createInterface } from 'node:readline';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type { HistoryEvent } from '../../../src/mirror';
// Not the whole mirror: this process is started again after every history that brings it down.
import { historyFromJson } from '../../../src/mirror/history-json';

/** What a replay is asked. */
export interface ReplayJob {
  readonly id: number;
  readonly runId: string;
  readonly history: unknown;
}

/** What came of it: null when the replay found nothing wrong. */
export interface ReplayResult {
  readonly id: number;
  readonly error: string | null;
}

/** As much of an error as a report needs. */
const ERROR_LENGTH_MAX = 300;

async function replay(bundle: string): Promise<void> {
  const logger = new DefaultLogger('ERROR', () => undefined);
  Runtime.install({ logger, telemetryOptions: { logging: { filter: 'ERROR', forward: {} } } });
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  let at = 0;
  async function* histories(): AsyncGenerator<{ workflowId: string; history: { events: HistoryEvent[] } }> {
    for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
      const { id, runId, history } = JSON.parse(line.value) as ReplayJob;
      at = id;
      yield { workflowId: runId, history: { events: [...historyFromJson(history)] } };
    }
  }
  // One worker for all of them: making one costs more than a replay.
  for await (const { error } of Worker.runReplayHistories({ workflowBundle: { codePath: bundle } }, histories())) {
    const result: ReplayResult = {
      id: at,
      error: error === undefined ? null : String(error).slice(0, ERROR_LENGTH_MAX),
    };
    process.stdout.write(`${JSON.stringify(result)}\n`);
  }
}

if (require.main === module) {
  replay(process.argv[2] ?? '').catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = 1;
  });
}
