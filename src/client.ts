/**
 * The client: starts runs, waits for them, answers them and reads them, shaped like the kernel.
 *
 * Everything here can be done with Temporal's own client too; this one checks before it sends, waits without polling, and turns
 * Temporal's errors into the kernel's.
 */
import { randomUUID } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import {
  assertRunId,
  assertTenantId,
  DEFAULT_TENANT,
  isFinished,
  KernelError,
  ProgramSet,
  runTimeline,
  snapshotBeyondLog,
  type ChainedLog,
  type DefinedProgram,
  type InterruptId,
  type Json,
  type LogStore,
  type RunFork,
  type RunId,
  type RunStatus,
  type RunTimeline,
  type Seq,
  type StoredRun,
  type TenantId,
} from './kernel';
import {
  branchOfPath,
  HistoryDecoder,
  Mirror,
  pathTo,
  readStart,
  ServerHistorySource,
  tenantOf,
  type RunStart,
} from './mirror';
import {
  assertRunOptions,
  type Answer,
  type AnswerReceipt,
  type Control,
  type PendingInterrupt,
  type RunOptions,
  type StatusReport,
} from './protocol';
import type {
  AnswerOptions,
  ForkOptions,
  KernelClientOptions,
  SpeakerOptions,
  StartOptions,
} from './runs/client-options';
import { runFinished } from './runs/request-failure';
import { forkStartOf } from './runs/run-fork';
import { inboxOf, ownerOf, type InboxItem } from './runs/run-inbox';
import { RunOwnership } from './runs/run-ownership';
import { RunQueries } from './runs/run-queries';
import { BROKEN_AFTER_MS, RunWatch } from './runs/run-watch';
import { RunVoice } from './runs/run-voice';
import { MemoryStore } from './stores/memory-store';
import { DEFAULT_TASK_QUEUE } from './task-queue';

/** Speaks to runs on a Temporal server. */
export class KernelClient {
  readonly #client: Client;
  readonly #programs: ProgramSet;
  readonly #taskQueue: string;
  readonly #store: LogStore | null;
  readonly #brokenAfterMs: number;
  readonly #ownership: RunOwnership;
  readonly #voice: RunVoice;
  readonly #queries: RunQueries;
  readonly #source: ServerHistorySource;
  readonly #decoder: HistoryDecoder;

  constructor(options: KernelClientOptions) {
    const { client, programs, taskQueue = DEFAULT_TASK_QUEUE, store, brokenAfterMs = BROKEN_AFTER_MS } = options;
    const { tenant } = options;
    if (tenant !== undefined) assertTenantId(tenant);
    this.#source = new ServerHistorySource(client);
    this.#decoder = new HistoryDecoder(client.options.loadedDataConverter);
    this.#ownership = new RunOwnership(tenant ?? null, this.#source, this.#decoder);
    this.#client = client;
    this.#voice = new RunVoice(client);
    this.#queries = new RunQueries(client, this.#ownership);
    this.#programs = new ProgramSet(programs);
    this.#taskQueue = taskQueue;
    this.#store = store ?? null;
    this.#brokenAfterMs = brokenAfterMs;
  }

  /**
   * Starts a run of a program.
   *
   * @throws KernelError `UnknownProgram`, `InvalidInitialState`, `InvalidRunId`, `RunAlreadyStarted`: nothing is started then
   */
  async start<S, In, A>(
    program: DefinedProgram<S, In, A> | string,
    { initialState, runId, ...options }: StartOptions<In>,
  ): Promise<{ readonly runId: RunId }> {
    const { name, initialState: check } = this.#programs.newest(typeof program === 'string' ? program : program.name);
    check(initialState ?? null);
    return { runId: await this.#begin(name, runId, initialState ?? null, this.#ownership.tenant, options) };
  }

  /**
   * Starts a run from another one's state at a seq; where the other one was inside of a step there, from the last boundary before it. The
   * other run is only read, and may be running; no action before that seq is done again.
   *
   * @throws KernelError `RunNotFound`, `SeqBeyondLog`, `IllegalAlternate`, `RunFinished`, `RunAlreadyStarted`: nothing is started then
   */
  async fork(
    runId: RunId,
    { at, alternate, runId: forkId, ...options }: ForkOptions,
  ): Promise<{ readonly runId: RunId; readonly forkedFrom: RunFork }> {
    await this.#ownership.assertOwn(runId);
    const tenant = await tenantOf(await this.#source.startOf(runId), this.#decoder);
    const store = new MemoryStore(tenant);
    const report = await new Mirror({ client: this.#client, programs: this.#programs.all, store }).mirror(runId);
    const run = (await store.loadRun(report.runId)) as StoredRun;
    const entries = await store.scanLog(report.runId, 1);
    const program = this.#programs.version(run.program, run.version);
    const { initialState, forkedFrom } = forkStartOf(program, run, entries, at, alternate ?? null);
    this.#programs.newest(run.program).initialState(initialState);
    const forked = await this.#begin(run.program, forkId, initialState, tenant, { ...options, forkedFrom });
    return { runId: forked, forkedFrom };
  }

  async #begin(
    name: string,
    runId: RunId | undefined,
    initialState: unknown,
    tenant: TenantId,
    given: RunOptions,
  ): Promise<RunId> {
    const workflowId = runId ?? `${name}-${randomUUID()}`;
    assertRunId(workflowId);
    const options = tenant === DEFAULT_TENANT ? given : { ...given, tenant };
    assertRunOptions(options);
    const { description } = this.#programs.newest(name);
    try {
      await this.#client.workflow.start(name, {
        workflowId,
        taskQueue: this.#taskQueue,
        args: [initialState, options],
        // A run id names one run for ever: its log outlives Temporal's history.
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        ...(description === null ? {} : { staticSummary: description }),
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      throw new KernelError('RunAlreadyStarted', `run ${workflowId} exists: give the new run another id`, {
        cause: error,
      });
    }
    this.#ownership.remember(workflowId);
    return workflowId;
  }

  /**
   * Waits until a run is blocked or has ended.
   *
   * @throws KernelError `RunNotFound`; `ProgramBroken` when the run can't go on until its program is fixed
   */
  async runUntilBlocked(runId: RunId): Promise<RunStatus> {
    await this.#ownership.assertOwn(runId);
    return await new RunWatch(this.#client, runId, this.#brokenAfterMs).untilBlocked();
  }

  /**
   * Answers the pending interrupt, or the one that is named, by the strict way: a wrong answer never enters history.
   *
   * @throws KernelError `InvalidAnswer`, `InterruptNotPending`, `NotAuthorized`, `AlreadyVoted`, `RunFinished`, `RunNotFound`;
   *   `ProgramBroken` when the program fails over the answer: the run stays as it is
   */
  async resume(runId: RunId, value: unknown, { interruptId, ...speaker }: AnswerOptions = {}): Promise<AnswerReceipt> {
    await this.#ownership.assertOwn(runId);
    const named = interruptId ?? (await this.#pendingId(runId));
    const owner = ownerOf(runId, named);
    await this.#ownership.assertOwn(owner);
    const answer: Answer = { interruptId: named, value: value as Json, ...speaker };
    return await this.#voice.answer(owner, answer);
  }

  /**
   * Stops a run at its next boundary between two steps, until {@link unpause}.
   *
   * @throws KernelError `AlreadyPaused`, `RunFinished`, `RunNotFound`
   */
  async pause(runId: RunId, options: SpeakerOptions & { readonly reason?: string } = {}): Promise<AnswerReceipt> {
    return await this.#control(runId, { type: 'pause', ...options });
  }

  /** Lets a paused run go on. @throws KernelError `NotPaused`, `RunFinished`, `RunNotFound` */
  async unpause(runId: RunId, options: SpeakerOptions = {}): Promise<AnswerReceipt> {
    return await this.#control(runId, { type: 'unpause', ...options });
  }

  /**
   * Puts a message in, at the next boundary between two steps.
   *
   * @throws KernelError `NotSteerable`, `InvalidSteering`, `RunFinished`, `RunNotFound`
   */
  async steer(runId: RunId, message: unknown, options: SpeakerOptions = {}): Promise<AnswerReceipt> {
    return await this.#control(runId, { type: 'steer', message: message as Json, ...options });
  }

  /**
   * Sends a named signal.
   *
   * @throws KernelError `RunFinished`, `RunNotFound`
   */
  async signal(runId: RunId, name: string, value: Json = null): Promise<void> {
    await this.#ownership.assertOwn(runId);
    await this.#voice.signal(runId, name, value);
  }

  /** Asks a run to stop: the running action is told, and the log ends legally. @throws KernelError `RunFinished`, `RunNotFound` */
  async cancel(runId: RunId): Promise<void> {
    await this.#ownership.assertOwn(runId);
    await this.#voice.cancel(runId);
  }

  /**
   * Where a run stands.
   *
   * @throws KernelError `RunNotFound`, `WorkerUnavailable`, `ProgramBroken`; `RunFinished` when it ended before its first step
   */
  async status(runId: RunId): Promise<StatusReport> {
    return await this.#queries.status(runId);
  }

  /** The state after the last event. @throws KernelError `RunNotFound` */
  async state(runId: RunId): Promise<Json> {
    return await this.#queries.state(runId);
  }

  /** What a run asks; null when it asks nothing. @throws KernelError `RunNotFound` */
  async pendingInterrupt(runId: RunId): Promise<PendingInterrupt | null> {
    return await this.#queries.pendingInterrupt(runId);
  }

  /** What a run asks, and what the runs that it has started ask. @throws KernelError `RunNotFound`, `WorkerUnavailable` */
  async inbox(runId: RunId): Promise<readonly InboxItem[]> {
    return await inboxOf(runId, {
      status: (id) => this.#queries.status(id),
      pending: (id) => this.#queries.pendingInterrupt(id),
    });
  }

  /** The log as the run itself tells it, over all executions of its chain. @throws KernelError `RunNotFound` */
  async log(runId: RunId): Promise<ChainedLog[]> {
    return await this.#queries.log(runId);
  }

  /** The run at a glance. @throws KernelError `RunNotFound` */
  async runTimeline(runId: RunId): Promise<RunTimeline> {
    const log = await this.log(runId);
    return runTimeline(
      runId,
      log.map(({ eventIndex, event }) => ({ seq: eventIndex, event })),
    );
  }

  /** The state that the whole log gives: executes nothing. @throws KernelError `RunNotFound`, `UnknownProgram` */
  async replay(runId: RunId): Promise<Json> {
    const { program, run } = await this.#start(runId);
    return reduceLog(program, run.initialState, await this.log(runId), 0);
  }

  /**
   * The state that the latest mirrored snapshot and the log after it give: executes nothing.
   *
   * @throws KernelError `RunNotFound`, `UnknownProgram`, `Driver` without a store
   */
  async replayFromSnapshot(runId: RunId): Promise<Json> {
    if (this.#store === null) throw new KernelError('Driver', 'replayFromSnapshot needs a client with a store');
    const { program, run } = await this.#start(runId);
    const snapshot = await this.#store.loadLatest(run.runId);
    const log = await this.log(runId);
    if (snapshot !== null && snapshot.atSeq > log.length) throw snapshotBeyondLog(snapshot);
    return reduceLog(program, snapshot?.state ?? run.initialState, log, snapshot?.atSeq ?? 0);
  }

  async #control(runId: RunId, control: Control): Promise<AnswerReceipt> {
    await this.#ownership.assertOwn(runId);
    return await this.#voice.control(runId, control);
  }

  async #pendingId(runId: RunId): Promise<InterruptId> {
    const { status } = await this.status(runId);
    if (isFinished(status)) throw runFinished(runId, undefined);
    if (status.status === 'blocked' && status.blocked.interrupt !== null) return status.blocked.interrupt.id;
    throw new KernelError('InterruptNotPending', `run ${runId} asks nothing now`);
  }

  async #start(runId: RunId): Promise<RunStart> {
    await this.#ownership.assertOwn(runId);
    const path = await pathTo(this.#source, runId, await this.#source.currentExecution(runId));
    const branch = this.#store === null ? null : await branchOfPath(this.#store, runId, path);
    return await readStart(this.#source, this.#decoder, this.#programs, runId, path, branch);
  }
}

function reduceLog(program: RunStart['program'], from: Json, log: readonly ChainedLog[], after: Seq): Json {
  return log
    .filter(({ eventIndex }) => eventIndex > after)
    .reduce((state, { event, eventIndex }) => program.reduce(state, event, eventIndex), from);
}
