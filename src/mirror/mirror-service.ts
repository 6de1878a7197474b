/**
 * The mirror service: keeps a store up to date with everything that the programs' runs do.
 *
 * Guarantees: it is woken when a run moves, and does not depend on it, because it sweeps through the server's visibility: what nobody
 * told it of, or what happened while it did not run, is made good. A run that can't be mirrored is told of and does not stop the
 * others; a server or a store that does not answer is waited for. Whatever grows is bounded. Several services may work on one store.
 * It must not touch a run: it only reads.
 */
import { isKernelError, KernelError, messageOf, ProgramSet, type RunId } from '../kernel';
import { branchLogId } from './execution-path';
import { ServerHistorySource } from './history-source';
import { lookAgain } from './look-again';
import { LookQueue, type Look, type Seen } from './look-queue';
import { Mirror, type MirrorReport } from './mirror';
import { MirrorFailures, type MirrorFailure } from './mirror-failures';
import { MirrorCounts, type MirrorMetrics } from './mirror-metrics';
import { positionFromJson } from './mirror-position';
import type { MirrorServiceOptions } from './mirror-service-options';
import { neverBegan } from './never-began';
import { isOutage, Outage } from './outage';
import { SkippedExecutions } from './skipped-executions';
import { listExecutions, type ListedExecution } from './visibility';

/** How long a sweep waits for the next one, in milliseconds. */
export const SWEEP_INTERVAL_MS = 60_000;

/** How long a service that is stopped still looks at what it was woken for, in milliseconds. */
export const DRAIN_MS = 5_000;

/** How long after its close visibility may first show a run, and clocks may differ. */
const VISIBILITY_DELAY_MS = 300_000;

/** A sweep through everything, in case something was missed all the same. */
const FULL_SWEEP_INTERVAL_MS = 86_400_000;

/** A wake-up is sent before the server has the worker's answer. */
const WAKE_DELAY_MS = 20;

/** Looks at one run that may fail because of an outage before it is told of as a failure: then it may be the run all the same. */
const OUTAGES_PER_LOOK_MAX = 6;

/** Sweeps of `catchUp` that may fail because of an outage. */
const OUTAGES_PER_CATCH_UP_MAX = 5;

export class MirrorService {
  readonly #options: MirrorServiceOptions;
  readonly #programs: readonly string[];
  readonly #mirror: Mirror;
  readonly #source: ServerHistorySource;
  readonly #queue: LookQueue;
  readonly #counts: MirrorCounts;
  readonly #failures = new MirrorFailures();
  readonly #skipped = new SkippedExecutions();
  readonly #outage = new Outage();
  #state: 'idle' | 'running' | 'draining' | 'ending' = 'idle';
  #looking = 0;
  #pumpTimer: NodeJS.Timeout | null = null;
  #stopped = stopRequest();
  #fullSweepAtMs = 0;
  #sweptAtMs = 0;

  constructor(options: MirrorServiceOptions) {
    const { client, programs, store, queueMax = 10_000, meter } = options;
    this.#options = options;
    this.#programs = [...new Set(new ProgramSet(programs).all.map(({ name }) => name))];
    this.#counts = new MirrorCounts(meter ?? null);
    this.#source = new ServerHistorySource(client);
    this.#queue = new LookQueue(queueMax, () => {
      this.#pump();
    });
    this.#mirror = new Mirror({
      client,
      programs,
      store,
      onWritten: (written) => {
        this.#counts.written(written, Date.now());
      },
    });
  }

  /** Runs that can't be mirrored now, at most `FAILURES_MAX`. They are looked at again at each sweep. */
  get failures(): readonly MirrorFailure[] {
    return this.#failures.list;
  }

  metrics(): MirrorMetrics {
    return this.#counts.snapshot(this.#queue.size, this.#failures.size);
  }

  /** Says that a run has moved. It costs next to nothing, and never fails: what is lost is made good by a sweep. */
  wake(runId: RunId, seen: Seen | null = null): void {
    if (this.#state === 'ending' || (seen !== null && this.#skipped.has(runId, seen.executionId))) return;
    const isAdded = this.#queue.add({ runId, woken: seen ?? true }, WAKE_DELAY_MS);
    if (!isAdded) this.#counts.count('dropped');
  }

  /**
   * Keeps the store up to date until it is stopped.
   *
   * @throws KernelError `Driver` when the service runs already
   */
  async run(): Promise<void> {
    this.#begin();
    while (this.#isRunning()) await atMost(await this.#sweepAndRest(), this.#stopped.asked);
    await atMost(DRAIN_MS, this.#queue.whenAtMost(0));
    await this.#end();
  }

  /** Ends `run`: no sweep begins, and what was asked for is still looked at, for a while. */
  stop(): void {
    if (this.#state !== 'running') return;
    this.#state = 'draining';
    this.#stopped.ask();
  }

  /**
   * One sweep through everything that the server still has; returns when all of it was looked at.
   *
   * @throws KernelError `Driver` when the service runs already; what the server says when it does not answer
   */
  async catchUp(): Promise<MirrorMetrics> {
    this.#begin();
    try {
      for (let outages = 1; ; outages += 1) {
        try {
          await this.#sweep(null);
          break;
        } catch (error) {
          if (!isOutage(error) || outages >= OUTAGES_PER_CATCH_UP_MAX) throw error;
          this.#noteOutage(error);
          await atMost(this.#outage.remainingMs(Date.now()), this.#stopped.asked);
        }
      }
      await Promise.race([this.#queue.whenAtMost(0), this.#stopped.asked]);
      return this.metrics();
    } finally {
      await this.#end();
    }
  }

  #begin(): void {
    if (this.#state !== 'idle') throw new KernelError('Driver', 'the mirror service runs already');
    this.#state = 'running';
    this.#stopped = stopRequest();
    this.#pump();
  }

  /** What is being looked at is looked at to its end; what waits is left to the next sweep. */
  async #end(): Promise<void> {
    this.#state = 'ending';
    this.#queue.clear();
    await this.#queue.whenAtMost(0);
    this.#state = 'idle';
  }

  #isRunning(): boolean {
    return this.#state === 'running';
  }

  /** Gives how long to wait before the next sweep, in milliseconds. */
  async #sweepAndRest(): Promise<number> {
    const nowMs = Date.now();
    const isFull = nowMs >= this.#fullSweepAtMs;
    try {
      const isWhole = await this.#sweep(isFull ? null : this.#sweptAtMs - VISIBILITY_DELAY_MS);
      if (!isWhole) return 0;
    } catch (error) {
      // A sweep asks the server and the store, and decides nothing about runs: whatever fails here may work again.
      this.#noteOutage(error);
      return this.#outage.remainingMs(Date.now());
    }
    this.#sweptAtMs = nowMs;
    if (isFull) this.#fullSweepAtMs = nowMs + FULL_SWEEP_INTERVAL_MS;
    if (this.#failures.takeForgotten() > 0) this.#fullSweepAtMs = 0;
    return this.#options.sweepIntervalMs ?? SWEEP_INTERVAL_MS;
  }

  /** Asks for a look at everything that is not in the store. False when the service was stopped meanwhile. */
  async #sweep(closedAfterMs: number | null): Promise<boolean> {
    const { client, queueMax = 10_000 } = this.#options;
    for await (const listed of listExecutions(client, { programs: this.#programs, closedAfterMs })) {
      if (!this.#isRunning()) return false;
      if (this.#skipped.has(listed.runId, listed.executionId) || (await this.#isUpToDate(listed))) continue;
      // Wake-ups need room too.
      const { runId, executionId } = listed;
      do await this.#queue.whenAtMost(Math.floor(queueMax / 2));
      while (this.#isRunning() && !this.#queue.add({ runId, executionIds: [executionId] }));
    }
    for (const { runId, executionIds } of this.#failures.list) this.#queue.add({ runId, executionIds });
    this.#counts.count('sweeps');
    return true;
  }

  /** Whether the store has an execution to its end: then nothing is asked of its history. */
  async #isUpToDate({ runId, executionId, isClosed }: ListedExecution): Promise<boolean> {
    if (!isClosed) return false;
    for (const logId of [runId, branchLogId(runId, executionId)]) {
      const position = positionFromJson((await this.#options.store.loadRun(logId))?.position ?? null);
      if (position?.executionId === executionId && position.closed !== null) return true;
    }
    return false;
  }

  /** Looks at as many runs at once as it may. In an outage one run is tried, and no more. */
  #pump(): void {
    if (this.#state === 'idle' || this.#pumpTimer !== null) return;
    const { concurrency = 4 } = this.#options;
    const waitMs = this.#outage.remainingMs(Date.now());
    if (waitMs > 0) {
      this.#pumpTimer = setTimeout(() => {
        this.#pumpTimer = null;
        this.#pump();
      }, waitMs);
      return;
    }
    while (this.#looking < (this.#outage.isOn ? 1 : concurrency)) {
      const look = this.#queue.take();
      if (look === null) break;
      this.#looking += 1;
      void this.#look(look).then((retry) => {
        this.#looking -= 1;
        this.#queue.finish(look.runId, this.#state === 'ending' ? null : retry);
        this.#counts.gauge(this.#queue.size, this.#failures.size);
        this.#pump();
      });
    }
  }

  /** Looks at a run. Gives the look that is to be made again, if one is. */
  async #look(look: Look): Promise<{ readonly look: Look; readonly delayMs: number } | null> {
    this.#counts.count('looks');
    const { runId } = look;
    // What failed before is not mended by another execution that does not fail.
    const executionIds = [...new Set([...look.executionIds, ...(this.#failures.of(runId)?.executionIds ?? [])])];
    let failed: { readonly error: unknown } | null = null;
    let report: MirrorReport | null = null;
    for (const executionId of executionIds) {
      try {
        report = await this.#mirror.mirror(runId, executionId ?? undefined);
        this.#outage.over();
      } catch (error) {
        const isFailure = await this.#isFailure(look, executionId, error).catch(() => true);
        if (isFailure) failed = { error };
        continue;
      }
      const { added, closed } = report;
      if (added > 0 || closed !== null) telling(this.#options.onReport, report);
    }
    if (failed === null) {
      this.#failures.mended(runId);
      return report === null ? null : lookAgain(look, report);
    }
    const { error } = failed;
    if (isOutage(error)) {
      this.#noteOutage(error);
      if (look.outages + 1 < OUTAGES_PER_LOOK_MAX) {
        return { look: { ...look, executionIds, outages: look.outages + 1 }, delayMs: 0 };
      }
    }
    this.#noteFailure({ runId, executionIds }, error);
    return null;
  }

  /** Whether what a look failed with is a failure: some runs are none of this mirror's business. */
  async #isFailure({ runId, woken }: Look, executionId: string | null, error: unknown): Promise<boolean> {
    if (isKernelError(error, 'RunNotFound')) return await this.#isThere(runId, executionId);
    const isOthers = isKernelError(error, 'WrongTenant');
    if (!isOthers && !(await neverBegan(this.#source, runId, executionId, error))) return true;
    const known = executionId ?? (typeof woken === 'object' ? woken.executionId : null);
    if (known === null || this.#skipped.add(runId, known)) this.#counts.count('skipped');
    return false;
  }

  /** A run that the server has forgotten needs no mirror; one of which it has forgotten a part can't have one. */
  async #isThere(runId: RunId, executionId: string | null): Promise<boolean> {
    try {
      await this.#source.startOf(runId, executionId ?? undefined);
      return true;
    } catch (error) {
      return !isKernelError(error, 'RunNotFound');
    }
  }

  #noteOutage(error: unknown): void {
    const begun = this.#outage.failed(error, Date.now());
    if (begun === null) return;
    this.#counts.count('outages');
    telling(this.#options.onOutage, begun);
  }

  #noteFailure(look: Pick<Look, 'runId' | 'executionIds'>, error: unknown): void {
    this.#counts.count('failures');
    const failure = this.#failures.add(look, error, Date.now());
    if (failure !== null) telling(this.#options.onFailure, failure);
  }
}

/** Waits for something, but not longer than this, in milliseconds. */
async function atMost(ms: number, something: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([over, something]);
  clearTimeout(timer);
}

interface StopRequest {
  readonly asked: Promise<void>;
  readonly ask: () => void;
}

function stopRequest(): StopRequest {
  let ask = (): void => undefined;
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  return { asked, ask };
}

/** What whoever listens does wrong must not stop the service. */
function telling<T>(listener: ((told: T) => void) | undefined, told: T): void {
  try {
    listener?.(told);
  } catch (error) {
    process.emitWarning(`a listener of the mirror service failed: ${messageOf(error)}`);
  }
}
