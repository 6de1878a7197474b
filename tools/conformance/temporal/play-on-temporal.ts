/**
 * Plays a scenario as workflows on a Temporal server, through the client, mirrors their histories, and reports what happened in
 * the words of the reference.
 */
import { KernelClient } from '../../../src/client';
import { isKernelError } from '../../../src/kernel/error';
import { hashOf } from '../../../src/kernel/hash';
import type { RunId } from '../../../src/kernel/identity';
import type { Json } from '../../../src/kernel/json';
import { RESUME_SIGNAL } from '../../../src/protocol';
import { isSame } from '../difference';
import { readRun } from '../read-run';
import { runIdOf, type Phase, type PhaseReport, type RunReport, type ScenarioReport, type Setup } from '../scenario';
import { makerNumberOf } from '../scenario-history';
import { failureWords, outcomeWords } from './run-errors';
import { RunMirror } from './run-mirror';
import type { RunProgram } from './run-program';
import { Stage } from './stage';
import type { StagedScenario } from './staged-scenario';

/** How long a failing task is waited for before its program counts as broken, in milliseconds. */
const BROKEN_AFTER_MS = 2_000;

/** A run that was played. */
export interface PlayedRun {
  readonly program: RunProgram;
  readonly mirror: RunMirror;
  /** It can't answer and can't be replayed: its program is broken. */
  broken: boolean;
}

/** What came of a scenario, and its runs to look at more closely. */
export interface Played {
  readonly report: ScenarioReport;
  readonly client: KernelClient;
  readonly runs: ReadonlyMap<RunId, PlayedRun>;
}

/**
 * Plays a scenario from its beginning to its end.
 *
 * @param bursts whether calls of tools are done in bursts; else each has an activity of its own
 * @throws LeftOut when it can't be played on Temporal
 */
export async function playOnTemporal(staged: StagedScenario, stage: Stage, bursts: boolean): Promise<Played> {
  return await new Play(staged, stage, bursts).play();
}

class Play {
  readonly #staged: StagedScenario;
  readonly #stage: Stage;
  readonly #setup: Setup;
  readonly #bursts: boolean;
  readonly #client: KernelClient;
  readonly #runs: ReadonlyMap<RunId, PlayedRun>;
  readonly #results = new Map<RunId, Json>();

  constructor(staged: StagedScenario, stage: Stage, bursts: boolean) {
    const { world, programs } = staged;
    this.#staged = staged;
    this.#bursts = bursts;
    this.#stage = stage;
    this.#setup = staged.scenario.setup;
    this.#client = new KernelClient({
      client: stage.client,
      programs: [...programs.values()],
      taskQueue: Stage.taskQueueOf(staged),
      brokenAfterMs: BROKEN_AFTER_MS,
    });
    const played = ([runId, program]: readonly [RunId, RunProgram]): readonly [RunId, PlayedRun] => {
      const mirror = new RunMirror(stage.client, program, runId, (snapshot, state) => {
        world.noteSnapshot(snapshot, state);
      });
      return [runId, { program, mirror, broken: false }];
    };
    this.#runs = new Map([...programs].map(played));
    world.follow(async (runId, after) => {
      await this.#run(runId).mirror.look();
      return await this.#run(runId).mirror.eventsAfter(after);
    });
  }

  async play(): Promise<Played> {
    const { world } = this.#staged;
    const statuses: PhaseReport[] = [];
    for (const [index, phase] of this.#setup.phases.entries()) {
      const number = index + 1;
      const runId = runIdOf(this.#setup, phase);
      const { mirror } = this.#run(runId);
      world.enter(makerNumberOf(this.#setup, number));
      const headBefore = await mirror.look();
      const result = await this.#resultOf(phase, number, runId);
      await world.noteSleeps(runId);
      world.assertPlayable();
      const headAfter = await mirror.look();
      world.noteEffects(runId, await mirror.eventsAfter(headBefore));
      this.#results.set(runId, result);
      const heads = { head_before: headBefore, head_after: headAfter };
      statuses.push({ phase: number, op: phase.op, run_id: runId, ...heads, result });
    }
    return { report: await this.#report(statuses), client: this.#client, runs: this.#runs };
  }

  async #report(statuses: readonly PhaseReport[]): Promise<ScenarioReport> {
    const { run_id: runId } = this.#setup;
    const others = [...this.#runs.keys()].filter((other) => other !== runId);
    return {
      run_statuses: statuses,
      ...(await this.#readRun(runId)),
      ...this.#staged.world.deeds,
      other_runs: Object.fromEntries(
        await Promise.all(others.map(async (other) => [other, await this.#readRun(other)] as const)),
      ),
    };
  }

  async #readRun(runId: RunId): Promise<RunReport> {
    const { mirror } = this.#run(runId);
    const report = await readRun(this.#setup, await mirror.plainStore(), runId);
    const initial = this.#initialStateOf(runId);
    const states = await mirror.states(initial);
    // The reference hashes from the scenario's initial state, which a phase's own may differ from.
    return isSame(initial, this.#setup.initial_state) ? { ...report, state_hashes: states.map(hashOf) } : report;
  }

  async #resultOf(phase: Phase, number: number, runId: RunId): Promise<Json> {
    // A broken run stays as it is until its program is mended.
    if (this.#run(runId).broken) return this.#results.get(runId) ?? null;
    try {
      if (phase.op === 'run') await this.#start(runId);
      else await this.#resume(phase, number, runId);
      return await this.#settle(runId);
    } catch (error) {
      if (isKernelError(error, 'ProgramBroken')) this.#run(runId).broken = true;
      return failureWords(error);
    }
  }

  /** Starts a run. One that is there already is left alone: then a second start changes nothing. */
  async #start(runId: RunId): Promise<void> {
    try {
      const { program } = this.#run(runId);
      const initialState = program.startState(this.#initialStateOf(runId));
      await this.#client.start(program, { runId, initialState, bursts: this.#bursts });
    } catch (error) {
      if (!isKernelError(error, 'RunAlreadyStarted') || !this.#results.has(runId)) throw error;
    }
  }

  /** Sends an answer: by the update, or every second time by the plain signal. */
  async #resume({ signal }: Phase, number: number, runId: RunId): Promise<void> {
    if (signal === undefined) throw new Error('a resume needs a signal');
    if (!this.#results.has(runId)) {
      await this.#startWithSignal(runId, signal);
    } else if ('Signal' in signal) {
      await this.#client.signal(runId, signal.Signal.name, signal.Signal.value);
    } else if (this.#isBlocked(runId) && (this.#staged.number + number) % 2 === 0) {
      await this.#stage.client.workflow.getHandle(runId).signal(RESUME_SIGNAL, signal.Resume);
    } else {
      await this.#client.resume(runId, signal.Resume);
    }
  }

  /** An answer to a run that nobody started: it is there before the first step. */
  async #startWithSignal(runId: RunId, signal: NonNullable<Phase['signal']>): Promise<void> {
    const [name, value] =
      'Resume' in signal ? [RESUME_SIGNAL, signal.Resume] : [signal.Signal.name, signal.Signal.value];
    const { program } = this.#run(runId);
    await this.#stage.client.workflow.signalWithStart(program.name, {
      workflowId: runId,
      taskQueue: Stage.taskQueueOf(this.#staged),
      args: [program.startState(this.#initialStateOf(runId)), ...(this.#bursts ? [] : [{ bursts: false }])],
      signal: name,
      signalArgs: [value],
    });
  }

  /** Waits until the run is blocked or has ended; a signal that it waits for is sent. */
  async #settle(runId: RunId): Promise<Json> {
    for (;;) {
      const status = await this.#client.runUntilBlocked(runId);
      const awaited = status.status === 'blocked' ? status.blocked.waitSignal : null;
      if (awaited === null) return outcomeWords(status);
      await this.#client.signal(runId, awaited, await this.#staged.world.signalFor(runId, awaited));
    }
  }

  #isBlocked(runId: RunId): boolean {
    return JSON.stringify(this.#results.get(runId)).startsWith('{"Ok":{"Blocked"');
  }

  #initialStateOf(runId: RunId): Json {
    const first = this.#setup.phases.find((phase) => runIdOf(this.#setup, phase) === runId);
    return first?.initial_state ?? this.#setup.initial_state;
  }

  #run(runId: RunId): PlayedRun {
    const run = this.#runs.get(runId);
    if (run === undefined) throw new Error(`${this.#staged.scenario.name} has no run ${runId}`);
    return run;
  }
}
