/**
 * The mirror's command: `npm run mirror`, and the verb `mirror` of the terminal.
 *
 * Guarantees: results on stdout, a line for each run, and everything else on stderr. On SIGTERM or SIGINT it takes up nothing more,
 * finishes what it has in hand, and ends. It gives 0 when all is well, 1 when a run could not be mirrored, did not verify, or
 * was left because somebody stopped it, and throws when nothing could be done at all: wrong arguments, no server, no store.
 */
import { Client } from '@temporalio/client';
import type { DataConverter, MetricMeter } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import { openStoreOf, withoutPassword } from './environment-store';
import { isKernelError, type DefinedProgram, type LogStore } from './kernel';
import { HistoryFiles, listExecutions, LogReplay, Mirror, MirrorService } from './mirror';
import { MIRROR_HELP, MirrorArgumentsError, readMirrorArguments, type MirrorArguments } from './mirror-arguments';
import { MirrorOutput } from './mirror-output';
import { connectTo, installRuntime } from './server-connection';
import { stopOnSignals, type StopRequest } from './stop-request';
import { loadConverter, loadPrograms } from './worker-environment';

/** How often it says how far it is, in milliseconds. */
const PROGRESS_MS = 5_000;

/** All that a way of working needs. */
interface Work {
  readonly given: MirrorArguments;
  readonly programs: readonly DefinedProgram[];
  readonly dataConverter: DataConverter | undefined;
  readonly store: LogStore;
  readonly replay: LogReplay | null;
  readonly output: MirrorOutput;
  readonly meter: MetricMeter;
  readonly stop: StopRequest;
}

/**
 * Does what the command line says.
 *
 * @returns the exit code
 * @throws MirrorArgumentsError, WorkerEnvironmentError, KernelError
 */
export async function runMirror(args: readonly string[]): Promise<number> {
  const given = readMirrorArguments(args, process.env);
  if (given === null) {
    process.stdout.write(MIRROR_HELP);
    return 0;
  }
  const stop = stopOnSignals('mirror');
  const { environment, command } = given;
  const { programsPath, dataConverterPath } = environment;
  const programs = await loadPrograms(programsPath);
  const dataConverter = dataConverterPath === null ? undefined : await loadConverter(dataConverterPath);
  const meter = await installRuntime(environment);
  const output = new MirrorOutput(given.json);
  if (command.type === 'files') {
    const files = await HistoryFiles.index(command.paths, command.runId);
    return await withStore(given, async (store) => {
      const replay = await replayOf(given, dataConverter);
      return await mirrorFiles({ given, programs, dataConverter, store, replay, output, meter, stop }, files);
    });
  }
  const connection = await connectTo(environment);
  try {
    return await withStore(given, async (store) => {
      const replay = await replayOf(given, dataConverter);
      const work = { given, programs, dataConverter, store, replay, output, meter, stop };
      return await (command.type === 'once' ? mirrorOnce(work, connection) : serve(work, connection));
    });
  } finally {
    await connection.close();
  }
}

async function withStore(given: MirrorArguments, act: (store: LogStore) => Promise<number>): Promise<number> {
  const store = await openStoreOf(given.store, given.environment.tenant);
  try {
    return await act(store);
  } finally {
    await store.close();
  }
}

/** What replays histories with the real code, where its file is given. */
async function replayOf(
  { verify, environment }: MirrorArguments,
  dataConverter?: DataConverter,
): Promise<LogReplay | null> {
  const { workflows } = environment;
  if (!verify || workflows === null) return null;
  if (workflows.type === 'bundle') {
    const advice = 'name the workflows file with --workflows: a bundle has no observer of the log in it.';
    throw new MirrorArgumentsError('--verify can not replay with a workflow bundle', advice);
  }
  return await LogReplay.of({
    workflowsPath: workflows.path,
    ...(dataConverter === undefined ? {} : { dataConverter }),
  });
}

/** Keeps the store up to date until it is asked to stop. */
async function serve(work: Work, connection: NativeConnection): Promise<number> {
  const { given, output, stop } = work;
  const service = serviceOf(work, connection);
  const { address, namespace, tenant } = given.environment;
  const running = service.run();
  const where = `namespace ${namespace} at ${address} into ${withoutPassword(given.store)}, tenant ${tenant}`;
  output.status(`mirror ready: ${namesOf(work.programs)} of ${where}`);
  await Promise.race([stop.asked, running]);
  service.stop();
  await running;
  output.summary(service.metrics(), false);
  output.status('mirror stopped');
  return service.failures.length === 0 ? 0 : 1;
}

/** One sweep through everything, and verification when it is asked for. */
async function mirrorOnce(work: Work, connection: NativeConnection): Promise<number> {
  const { given, output, stop } = work;
  const service = serviceOf(work, connection);
  void stop.asked.then(() => {
    service.stop();
  });
  const progress = setInterval(() => {
    const { looks, entries, queue } = service.metrics();
    output.note(`mirror: ${looks} looks, ${entries} entries, ${queue} runs wait`);
  }, PROGRESS_MS);
  try {
    await service.catchUp();
    if (given.verify && !stop.isAsked()) await verifyListed(work, service, connection);
  } finally {
    clearInterval(progress);
  }
  output.summary(service.metrics(), given.verify);
  if (stop.isAsked()) output.note('mirror: stopped before its end; the next sweep goes on');
  return output.failures > 0 || stop.isAsked() ? 1 : 0;
}

/** Verifies what the server lists and the store has. */
async function verifyListed(work: Work, service: MirrorService, connection: NativeConnection): Promise<void> {
  const { programs, store, output, replay, stop } = work;
  const client = clientOf(work, connection);
  const mirror = new Mirror({ client, programs, store });
  const failing = new Set(service.failures.map(({ runId }) => runId));
  const names = [...new Set(programs.map(({ name }) => name))];
  for await (const { runId, executionId } of listExecutions(client, { programs: names, closedAfterMs: null })) {
    if (stop.isAsked()) return;
    if (failing.has(runId)) continue;
    try {
      const report = await mirror.mirror(runId, executionId);
      output.verdict(report.runId, await mirror.verify(report.runId, replay === null ? {} : { replay }));
    } catch (error) {
      if (!isNoLog(error)) output.failure({ runId }, error);
    }
  }
}

/** Other tenants' runs, and runs that never began or were forgotten, were counted as left alone. */
function isNoLog(error: unknown): boolean {
  return (
    ['WrongTenant', 'InvalidInitialState', 'InvalidRunId', 'InvalidRunOptions', 'InvalidTenant', 'RunNotFound'] as const
  ).some((code) => isKernelError(error, code));
}

/** Exported histories, one run after the other. */
async function mirrorFiles(work: Work, files: HistoryFiles): Promise<number> {
  const { given, programs, dataConverter, store, output, replay, stop } = work;
  const counts = { looks: 0, runs: 0, closed: 0, entries: 0, skipped: 0, lagMs: null };
  for (const { file, reason } of files.broken) output.failure({ file }, new Error(reason));
  const mirror = new Mirror({
    source: files.source(),
    programs,
    store,
    ...(dataConverter === undefined ? {} : { dataConverter }),
    onWritten: ({ isFirst, entries, closed }) => {
      if (isFirst) counts.runs += 1;
      if (closed !== null) counts.closed += 1;
      counts.entries += entries.length;
    },
  });
  for (const { runId, lastExecutionIds } of files.runs()) {
    for (const executionId of lastExecutionIds) {
      if (stop.isAsked()) break;
      counts.looks += 1;
      try {
        const report = await mirror.mirror(runId, executionId);
        output.run(report);
        if (!given.verify) continue;
        output.verdict(report.runId, await mirror.verify(report.runId, replay === null ? {} : { replay }));
      } catch (error) {
        if (!isKernelError(error)) throw error;
        if (error.code === 'WrongTenant') counts.skipped += 1;
        else output.failure({ runId }, error);
      }
    }
  }
  output.summary(counts, given.verify);
  if (counts.looks === 0 && files.broken.length === 0) {
    output.note(
      `mirror: there is no .json file in ${given.command.type === 'files' ? given.command.paths.join(', ') : ''}`,
    );
    return 2;
  }
  return output.failures > 0 || stop.isAsked() ? 1 : 0;
}

function serviceOf(work: Work, connection: NativeConnection): MirrorService {
  const { given, programs, store, output, meter } = work;
  return new MirrorService({
    client: clientOf(work, connection),
    programs,
    store,
    meter,
    ...(given.sweepIntervalMs === null ? {} : { sweepIntervalMs: given.sweepIntervalMs }),
    onReport: (report) => {
      output.run(report);
    },
    onFailure: ({ runId, error }) => {
      output.failure({ runId }, error);
    },
    onOutage: ({ reason }) => {
      output.note(`mirror: waiting for what does not answer: ${reason}`);
    },
  });
}

function clientOf({ given, dataConverter }: Work, connection: NativeConnection): Client {
  const { namespace } = given.environment;
  return new Client({ connection, namespace, ...(dataConverter === undefined ? {} : { dataConverter }) });
}

function namesOf(programs: readonly DefinedProgram[]): string {
  return [...new Set(programs.map(({ name }) => name))].join(', ');
}
