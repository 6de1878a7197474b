/**
 * `npm run demo`: one run of the licence auditor from end to end. A real Temporal server, a real worker process, a person
 * (or `--answer`), and at the end the proof: the mirrored log against Temporal's history.
 *
 * Guarantees: what it starts it stops, also on Ctrl-C and on errors. It ends with 0 when the run completed and its log is
 * verified, with 1 when not, with 2 when the command line is wrong, and with 130 on Ctrl-C.
 */
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isFinished, messageOf, type Json, type RunStatus, type StoredLog } from '../../src/kernel';
import { recordRun } from '../../src/run-files';
import type { DevServer } from '../../tools/server';
import { DEMO_HELP, isDemoUsage, readDemoOptions, type DemoOptions } from './demo/options';
import { isGood, outcomeJson, outcomeLines, type Outcome } from './demo/outcome';
import { personFor, type Person } from './demo/person';
import { Progress } from './demo/progress';
import { attemptsOf, toolUnderWay } from './demo/server-view';
import { Stage, type Parts } from './demo/stage';
import { hashesOfTwin } from './demo/twin';
import { BATCHES_BEFORE_THE_KILL } from './demo/worker-to-kill';
import { licenceAuditor, type AuditState } from './licence-auditor';

const LOOK_AGAIN_MS = 20;

type Say = (line: string) => void;

/** Runs the story on a stage; the signal is Ctrl-C's. */
async function perform(stage: Stage, options: DemoOptions, say: Say, signal: AbortSignal): Promise<boolean> {
  const { runId } = stage;
  const parts = await stage.open();
  const { server, client, runs, store, mirror } = parts;
  say(`Server:    ${server.address}${server.uiAddress === undefined ? '' : `, Web UI at ${server.uiAddress}`}`);
  const worker = await stage.startWorker(server, { toKill: options.kill });
  say(`Worker:    process ${worker.pid}`);
  say(`Store:     ${store.database.place}`);

  const initialState = { project: options.project, reportTo: options.directory, flaky: options.flaky };
  await runs.start(licenceAuditor, { runId, initialState });
  say(`Run:       ${runId}, over the packages of ${options.project}\n`);
  const progress = new Progress({ runId, mirror, store, say });
  if (options.kill) {
    await stage.withWorker(untilBatchIsUnderWay(parts, runId, progress));
    await worker.kill();
    say(`        SIGKILL for worker process ${worker.pid}, which was reading licences; another one starts`);
    await stage.startWorker(server);
  }
  const status = await stage.withWorker(answerAll(parts, runId, progress, personFor(options, say), signal));

  const log = await store.scanLog(runId, 1);
  const record = await recordRun({ runId, store, history: { client }, folder: join(options.directory, 'records') });
  const outcome: Outcome = {
    runId,
    record: record.path,
    status,
    log,
    state: (await runs.state(runId)) as unknown as AuditState,
    startedAtMs: (await store.loadRun(runId))?.startedAtMs ?? 0,
    toldHash: (await runs.log(runId)).at(-1)?.hash ?? null,
    verdict: await mirror.verify(runId),
    attempts: await attemptsOf(client, runId),
    killed: options.kill ? { pid: worker.pid, sameAsTwin: await isSameAsTwin(runId, initialState, log) } : null,
    webUi: webUiOf(server, runId),
  };
  for (const line of outcomeLines(outcome)) say(line);
  if (options.json) process.stdout.write(`${outcomeJson(outcome)}\n`);
  for (const line of webUiLines(outcome.webUi, options.keep)) say(line);
  return isGood(outcome);
}

/** Answers every question until the run has ended. */
async function answerAll(
  { runs }: Parts,
  runId: string,
  progress: Progress,
  person: Person,
  signal: AbortSignal,
): Promise<RunStatus> {
  for (;;) {
    const status = await progress.during(runs.runUntilBlocked(runId));
    if (isFinished(status)) return status;
    const question = await runs.pendingInterrupt(runId);
    if (question === null) continue;
    await runs.resume(runId, await person(question.value, signal), { interruptId: question.id });
  }
}

/** Waits until some batches are done and the next one is under way. */
async function untilBatchIsUnderWay({ client, runs }: Parts, runId: string, progress: Progress): Promise<void> {
  const listed = 1;
  for (;;) {
    const { status } = await runs.status(runId);
    await progress.look();
    if (status.status !== 'running') {
      throw new Error(`--kill found nothing to interrupt: the run is ${status.status} before a batch was under way`);
    }
    if (
      progress.succeeded >= listed + BATCHES_BEFORE_THE_KILL &&
      (await toolUnderWay(client, runId)) === 'readLicences'
    )
      return;
    await pause(LOOK_AGAIN_MS);
  }
}

async function isSameAsTwin(runId: string, initialState: unknown, log: readonly StoredLog[]): Promise<boolean> {
  const answers = log.flatMap(({ event }): Json[] => (event.type === 'Resumed' ? [event.value] : []));
  const hashes = await hashesOfTwin(runId, initialState, answers);
  return hashes.join() === log.map(({ hash }) => hash).join();
}

function webUiOf({ uiAddress, namespace }: DevServer, runId: string): string | null {
  return uiAddress === undefined ? null : `${uiAddress}/namespaces/${namespace}/workflows/${runId}`;
}

function webUiLines(webUi: string | null, keep: boolean): string[] {
  const how = keep
    ? 'Server and worker stay up until Ctrl-C.'
    : 'The server stops now. To keep it up for a look: npm run demo -- --keep';
  if (webUi !== null) return ['', `Web UI:    ${webUi}`, `           ${how}`];
  return ['', 'Web UI:    that of the server which TEMPORAL_ADDRESS names; the run stays there.'];
}

async function main(args: readonly string[]): Promise<number> {
  const options = readDemoOptions(args);
  if (options.help) {
    process.stdout.write(DEMO_HELP);
    return 0;
  }
  const say: Say = (line) => void (options.json ? process.stderr : process.stdout).write(`${line}\n`);
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      interrupted.abort();
    });
  const stage = new Stage(options.directory, options.store);
  try {
    const performed = perform(stage, options, say, interrupted.signal);
    // After Ctrl-C the story goes on until it finds its stage gone; what it then says is of no interest.
    performed.catch(() => undefined);
    const ctrlC = once(interrupted.signal, 'abort').then(() => null);
    const good = await Promise.race([performed, ctrlC]);
    if (good === null) {
      say('\nInterrupted: the worker and the server are being stopped.');
      return 130;
    }
    if (options.keep) await ctrlC;
    return good ? 0 : 1;
  } finally {
    await stage.close();
  }
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    const usage = isDemoUsage(error);
    process.stderr.write(usage ? `${messageOf(error)}\nTry --help.\n` : `The demo failed: ${messageOf(error)}\n`);
    process.exit(usage ? 2 : 1);
  },
);
