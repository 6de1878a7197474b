/**
 * What is outside of a scenario's runs, in the worker's process: the scripted executor behind the tools, and the diaries of what
 * was done. A sleep and a wait for a signal are calls of the reference's executor too. Here nobody is asked about a sleep,
 * and whoever sends the signal answers a wait; both are written down all the same, so that the n-th call is the n-th in both.
 */
import { permanent, type Action, type ActionResult } from '../../../src/kernel/action';
import type { SequencedEvent } from '../../../src/kernel/event';
import type { RunId, Seq } from '../../../src/kernel/identity';
import type { Json } from '../../../src/kernel/json';
import type { Policy } from '../../../src/kernel/policy';
import { effectOf, encodeEffect } from '../../../src/kernel/runtime-effect';
import type { Snapshot } from '../../../src/kernel/snapshot';
import { STEP, waitingAfter } from '../../../src/kernel/waiting';
import { isSame } from '../difference';
import type { Deed, Deeds, Setup } from '../scenario';
import { Diary, Process, ScenarioExecutor } from '../scenario-outside';
import { policyOf } from '../scenario-program';
import { LeftOut, type LeftOutId } from './left-out';
import { decisionsOf, kernelMadeIn, kernelsOf } from './run-kernels';
import type { Outside } from './run-program';

/** Brings a run's mirrored log up to date and gives its events after a seq. */
export type ReadLog = (runId: RunId, after: Seq) => Promise<readonly SequencedEvent[]>;

export class ScenarioWorld implements Outside {
  readonly deeds: { readonly [K in keyof Deeds]: Deed[] } = { snapshots: [], effects: [], executor_calls: [] };
  readonly #setup: Setup;
  #readLog: ReadLog = () => Promise.resolve([]);
  /** Up to where each run's sleeps were looked for. */
  readonly #looked = new Map<RunId, Seq>();
  #made = 0;
  #policy: Policy;
  #executor: ScenarioExecutor;
  #leftOut: LeftOutId | null = null;

  constructor(setup: Setup) {
    this.#setup = setup;
    this.#policy = policyOf(kernelMadeIn(setup, 0).policy);
    this.#executor = this.#newExecutor();
  }

  /** Says how the runs' logs are read. */
  follow(readLog: ReadLog): void {
    this.#readLog = readLog;
  }

  /** The kernel of a phase takes its turn. */
  enter(made: number): void {
    if (made === this.#made) return;
    this.#made = made;
    this.#policy = policyOf(kernelMadeIn(this.#setup, made).policy);
    this.#executor = this.#newExecutor();
  }

  /** The policy of the kernel whose turn it is decides about attempts. */
  get retries(): Policy {
    return this.#policy;
  }

  /** One attempt of a tool. */
  async execute(runId: RunId, action: Action): Promise<Json> {
    await this.noteSleeps(runId);
    // What comes of it is not compared any more: it must only end.
    if (this.#leftOut !== null) throw permanent('left out');
    const result = await this.#executor.execute(runId, action);
    return result.type === 'success' ? { Success: result.output } : { Failure: result.error };
  }

  /** What whoever sends the awaited signal says. @throws LeftOut when the executor can't be understood as somebody who does */
  async signalFor(runId: RunId, name: string): Promise<Json> {
    await this.noteSleeps(runId);
    const result = await this.#resultOf(runId, { type: 'WaitSignal', name });
    if (result?.type !== 'success') throw new LeftOut('failed-wait');
    return result.output;
  }

  /** Writes down the sleeps that a run began since the last time. */
  async noteSleeps(runId: RunId): Promise<void> {
    if (!this.#sleeps(runId)) return;
    const events = await this.#readLog(runId, this.#looked.get(runId) ?? 0);
    for (const sequenced of events) {
      this.#looked.set(runId, sequenced.seq);
      const waiting = waitingAfter(runId, sequenced, STEP);
      if (waiting.for !== 'action' || waiting.action.type !== 'Sleep') continue;
      const result = await this.#resultOf(runId, waiting.action);
      if (!isSame(result, { type: 'success', output: null })) this.#leftOut = 'answered-sleep';
    }
  }

  /** @throws LeftOut when something happened that can't happen on Temporal */
  assertPlayable(): void {
    if (this.#leftOut !== null) throw new LeftOut(this.#leftOut);
  }

  /** Writes down the effects of events. */
  noteEffects(runId: RunId, events: readonly SequencedEvent[]): void {
    if (this.#setup.effect_sink !== true) return;
    const diary = new Diary(this.#made, this.deeds.effects);
    for (const { event } of events) {
      const effect = effectOf(event);
      if (effect !== null) diary.write(runId, { effect: encodeEffect(effect) });
    }
  }

  /** Writes down a snapshot, with the scenario's state. */
  noteSnapshot({ runId, atSeq }: Snapshot, state: Json): void {
    if (this.#setup.snapshots !== true) return;
    new Diary(this.#made, this.deeds.snapshots).write(runId, { at_seq: atSeq, state });
  }

  async #resultOf(runId: RunId, action: Action): Promise<ActionResult | null> {
    try {
      return await this.#executor.execute(runId, action);
    } catch {
      return null;
    }
  }

  #newExecutor(): ScenarioExecutor {
    const { actions } = kernelMadeIn(this.#setup, this.#made);
    return new ScenarioExecutor(actions, new Process(), new Diary(this.#made, this.deeds.executor_calls));
  }

  #sleeps(runId: RunId): boolean {
    const decisions = kernelsOf(this.#setup, runId).flatMap(({ step }) => decisionsOf(step));
    return JSON.stringify(decisions).includes('"Sleep"');
  }
}
