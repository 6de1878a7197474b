/**
 * A burst: short calls that follow on each other, done in one activity by a copy of the run's machine.
 *
 * Guarantees: what the server has acknowledged is not done again, whatever becomes of this process. Nothing begins whose input a lost
 * worker could change: what is not acknowledged then could at most be repeated, and may be. Results are given as an activity of its own would have
 * given them. It decides nothing about the run: whoever has the results decides it again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import {
  Machine,
  NOTHING_DONE,
  pendingActionsOf,
  sealedOutput,
  shortCallOf,
  stretchAfter,
  takeStretch,
  type ActionId,
  type ActionResult,
  type Artifacts,
  type DefinedProgram,
  type ProgramSet,
  type ShortCall,
  type Stretch,
} from '../kernel';
import {
  readBurstJournal,
  type Alone,
  type BurstInput,
  type BurstJournal,
  type BurstOutcome,
  type Tried,
} from '../protocol';
import { judge, makeAttempt, type Attempt } from './attempt';
import { BurstBounds, type BurstLimits } from './burst-bounds';
import { toolContext } from './tool-activities';

/** An action that was lost with its worker so often is not tried in a burst again. */
const LOST_ATTEMPTS_MAX = 2;

/** The activity of the programs' bursts. */
export function burstActivity(
  programs: ProgramSet,
  artifacts: Artifacts | null,
  limits: BurstLimits,
): (input: BurstInput) => Promise<BurstOutcome> {
  return async ({ version, checkpoint }) => {
    const { workflowType = '', heartbeatDetails } = Context.current().info as {
      workflowType?: string;
      heartbeatDetails: unknown;
    };
    const first = pendingActionsOf(checkpoint.waiting)[0]?.actionId ?? '';
    const journal = readBurstJournal(heartbeatDetails);
    const program = programs.versionsOf(workflowType).find((known) => known.version === version);
    if (program === undefined) return ended(journal ?? NOTHING_DONE, { actionId: first });
    const machine = Machine.restore(program, checkpoint);
    return await new Burst(program, machine, first, journal, { artifacts, limits }).run();
  };
}

/** What became of an action: its result, or how it is to go on; null when the worker is to stop. */
type Came = { readonly result: ActionResult } | { readonly tried: Tried } | null;

class Burst {
  readonly #program: DefinedProgram;
  readonly #machine: Machine;
  readonly #first: ActionId;
  readonly #artifacts: Artifacts | null;
  readonly #context = Context.current();
  readonly #bounds: BurstBounds;
  readonly #journal: BurstJournal | null;
  #done: Stretch = NOTHING_DONE;
  /** How many results the server has acknowledged. */
  #acknowledged = 0;
  /** Whether one that it has not acknowledged must not come out otherwise. */
  #isBinding = false;
  /** Attempts of the next action that were lost with their workers. */
  #lost: number;

  constructor(
    program: DefinedProgram,
    machine: Machine,
    first: ActionId,
    journal: BurstJournal | null,
    { artifacts, limits }: { readonly artifacts: Artifacts | null; readonly limits: BurstLimits },
  ) {
    this.#bounds = new BurstBounds(limits);
    this.#program = program;
    this.#machine = machine;
    this.#first = first;
    this.#artifacts = artifacts;
    this.#journal = journal;
    this.#lost = this.#context.info.attempt - (journal?.attempt ?? 1);
    // The journal is the activity's heartbeat details: what a tool says of its progress would take its place.
    (this.#context as { heartbeat: (details?: unknown) => void }).heartbeat = () => undefined;
  }

  async run(): Promise<BurstOutcome> {
    if (!this.#takeJournal()) return ended(this.#done, { actionId: this.#first });
    for (;;) {
      const call = shortCallOf(this.#program, this.#machine.waiting);
      if (call === null || this.#bounds.isOver(this.#done)) return ended(this.#done, { actionId: this.#first });
      const { actionId } = call;
      if (this.#lost > LOST_ATTEMPTS_MAX) return leaving(this.#done, { actionId, tried: { attempts: this.#lost } });
      if (!(await this.#acknowledge(call))) return ended(this.#done, { actionId: this.#first });
      const came = await this.#do(call);
      if (came === null) {
        if (this.#done.results.length === 0) return await this.#context.cancelled;
        return ended(this.#done, { actionId });
      }
      if ('tried' in came) return leaving(this.#done, { actionId, tried: came.tried });
      if (!this.#take(call, came.result)) return ended(this.#done, { actionId });
    }
  }

  /** Goes on behind what earlier attempts have done. Says whether this program asks for it: whoever has the result will see it as well. */
  #takeJournal(): boolean {
    if (this.#journal === null) return true;
    const { ran, results, asked } = this.#journal;
    this.#done = { ran, results, asked };
    this.#acknowledged = results.length;
    this.#bounds.add(results);
    return this.#going(() => {
      takeStretch(this.#program, this.#machine, this.#first, this.#done, {
        deliver: (input) => void this.#machine.deliver(input),
        advance: () => {
          this.#machine.advance();
        },
      });
    });
  }

  #take(call: ShortCall, result: ActionResult): boolean {
    const { actionId } = call;
    this.#done = stretchAfter(this.#done, call, result);
    this.#bounds.add([{ actionId, result }]);
    this.#isBinding ||= call.tool.short !== 'repeatable';
    this.#lost = 0;
    return this.#going(() => void this.#machine.deliver({ type: 'result', actionId, result }));
  }

  /** Does something to the machine and takes the steps behind it. Says whether that went well: what did not fails in the workflow too. */
  #going(act: () => void): boolean {
    try {
      act();
      while (this.#machine.waiting.for === 'step') this.#machine.advance();
      this.#machine.drain();
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Lets the server acknowledge what was done, where that must be before this call begins. Says whether the burst may go on: where the
   * server does not answer, or wants no more of it, its result is what there is to say.
   */
  async #acknowledge({ tool }: ShortCall): Promise<boolean> {
    if (this.#done.results.length === this.#acknowledged) return true;
    if (tool.short === 'repeatable' && !this.#isBinding) return true;
    const { taskToken, attempt } = this.#context.info;
    const journal: BurstJournal = { ...this.#done, attempt };
    try {
      await this.#context.client.activity.heartbeat(taskToken, journal);
    } catch {
      return false;
    }
    this.#acknowledged = this.#done.results.length;
    this.#isBinding = false;
    return true;
  }

  /** Whether the worker is to stop: nothing else cancels a burst. */
  #isStopping(): boolean {
    return this.#context.cancellationSignal.aborted;
  }

  async #do(call: ShortCall): Promise<Came> {
    for (let number = this.#lost + 1; ; number += 1) {
      if (this.#isStopping()) return null;
      const attempt: Attempt = { program: this.#program, tool: call.tool, action: call.action, number };
      try {
        return { result: this.#written(await makeAttempt(attempt, (input) => this.#call(call, number, input))) };
      } catch (thrown) {
        // What a tool throws then is a consequence, not the cause.
        if (this.#isStopping()) return null;
        const { text: error, retryAfterMs } = judge(attempt, thrown);
        if (retryAfterMs === null) return { result: { type: 'failure', error } };
        if (!this.#bounds.hasTimeFor(retryAfterMs)) {
          return { tried: { attempts: number, failed: { error, retryAfterMs } } };
        }
        await pause(retryAfterMs, undefined, { signal: this.#context.cancellationSignal }).catch(() => undefined);
      }
    }
  }

  async #call({ actionId, tool }: ShortCall, attempt: number, input: unknown): Promise<unknown> {
    return await tool.run?.(input as never, toolContext(this.#context, tool, this.#artifacts, { actionId, attempt }));
  }

  /** What the workflow would read, if the output were the result of an activity of its own. */
  #written(output: unknown): ActionResult {
    const { payloadConverter } = this.#context.client.options.loadedDataConverter;
    return sealedOutput(payloadConverter.fromPayload(payloadConverter.toPayload(output)) ?? null);
  }
}

/** The end of a burst behind which another may begin; where nothing was done, the action that it began with is left to an activity of its own. */
function ended(done: Stretch, first: Alone): BurstOutcome {
  return done.results.length === 0 ? leaving(done, first) : leaving(done);
}

function leaving({ ran, results, asked }: Stretch, alone?: Alone): BurstOutcome {
  return { ran, results, asked, ...(alone === undefined ? {} : { alone }) };
}
