/**
 * The stages of a run, read from its log.
 *
 * | in the log                                   | a stage                                                                        |
 * | -------------------------------------------- | ------------------------------------------------------------------------------ |
 * | `StateUpdated`s of one step id in a row      | of kind `step`; its node is the step id, or `update` where there is none       |
 * | `ActionRequested`, and how it ended          | of kind `tool`, `llm`, `timer`, `signal` or `child_run`; its node is the tool, the provider, `sleep`, the signal, the program's tool; its id the action's |
 * | `Interrupted`, and its answer                | of kind `human`, its node `interrupt`; its id the interrupt's; votes before the decision are its votes |
 * | a pause, and its end                         | of kind `human`, its node `pause`                                              |
 *
 * Results belong to actions by their id, wherever they stand. What is not known here is counted, and changes nothing.
 */
import {
  actionIdOf,
  decodeAction,
  interruptIdOf,
  isKernelError,
  isPlainObject,
  ownIdOf,
  resumptionIn,
  type Action,
  type ActionId,
  type Json,
  type Resumption,
  type RunRecord,
  type StoredLog,
  type Vote,
} from '../../kernel';

/** What a stage of a run does. */
export type StageKind = 'step' | 'tool' | 'llm' | 'timer' | 'signal' | 'child_run' | 'human';

/** A stage, as far as the log tells of it. */
export interface LogStage {
  readonly id: string;
  readonly nodeId: string;
  readonly kind: StageKind;
  /** The entry that it began with. */
  readonly first: StoredLog;
  /** The entry that it ended with; null while it goes on. */
  last: StoredLog | null;
  /** Entries of a step; 1 for everything else. */
  entries: number;
  /** What an action was asked for. */
  readonly action: Action | null;
  /** What was asked of a person. */
  readonly question: Json;
  /** Output of an action, or the answer to a question. */
  output: Json;
  /** Why an action failed. */
  error: string | null;
  /** Who said what to an ask, in order. */
  readonly votes: PersonsVote[];
  /** Who settled a question, as they said themselves; null where nobody said. */
  by: readonly (string | null)[] | null;
}

/** What one person said to an ask, and when. */
export interface PersonsVote {
  readonly by: string | null;
  readonly roles: readonly string[];
  readonly value: Json;
  readonly atMs: number;
}

/** What a log tells. */
export interface LogStory {
  readonly stages: readonly LogStage[];
  /** Answers that no question was open for. */
  readonly unasked: readonly StoredLog[];
  /** Entries that nobody here knows, by the name of their event. */
  readonly unknown: ReadonlyMap<string, number>;
}

/** Reads a log, from its first entry on. */
export function storyOf(run: RunRecord, entries: readonly StoredLog[]): LogStory {
  const reader = new StoryReader(ownIdOf(run));
  for (const entry of entries) reader.read(entry);
  return reader;
}

class StoryReader implements LogStory {
  readonly stages: LogStage[] = [];
  readonly unasked: StoredLog[] = [];
  readonly unknown = new Map<string, number>();
  readonly #runId: string;
  readonly #byId = new Map<string, LogStage>();

  constructor(runId: string) {
    this.#runId = runId;
  }

  read(entry: StoredLog): void {
    const { event, eventIndex: seq } = entry;
    switch (event.type) {
      case 'StateUpdated':
        this.#step(entry, event.stepId ?? 'update');
        return;
      case 'ActionRequested':
        this.#action(entry, event.actionId, event.payload);
        return;
      case 'ActionSucceeded':
        this.#end(entry, event.actionId, event.output, null);
        return;
      case 'ActionFailed':
        this.#end(entry, event.actionId, null, event.error);
        return;
      case 'Interrupted':
        this.#begin({
          entry,
          id: interruptIdOf(this.#runId, seq),
          nodeId: resumptionIn(event.value)?.type === 'pause' ? 'pause' : 'interrupt',
          kind: 'human',
          question: event.value,
        });
        return;
      case 'Resumed':
        this.#resumed(entry, event.value);
        return;
      case 'Completed':
        return;
      default: {
        // A log of a later version has events that this one has not heard of.
        const { type } = event as { readonly type: string };
        this.unknown.set(type, (this.unknown.get(type) ?? 0) + 1);
      }
    }
  }

  #step(entry: StoredLog, nodeId: string): void {
    const before = this.stages.at(-1);
    if (before?.kind === 'step' && before.nodeId === nodeId && before.last?.eventIndex === entry.eventIndex - 1) {
      before.last = entry;
      before.entries += 1;
      return;
    }
    const stage = this.#begin({ entry, id: actionIdOf(this.#runId, entry.eventIndex), nodeId, kind: 'step' });
    stage.last = entry;
  }

  #action(entry: StoredLog, actionId: ActionId, payload: Json): void {
    const action = actionIn(payload);
    const [kind, nodeId] = action === null ? (['tool', tagOf(payload)] as const) : placeOfAction(action);
    this.#begin({ entry, id: actionId, nodeId, kind, action });
  }

  #end(entry: StoredLog, actionId: ActionId, output: Json, error: string | null): void {
    const stage = this.#byId.get(actionId);
    if (stage === undefined) return;
    stage.last = entry;
    stage.output = output;
    stage.error = error;
  }

  #resumed(entry: StoredLog, value: Json): void {
    const resumption = resumptionIn(value);
    if (resumption === null) this.#answer(entry, value);
    else this.#said(entry, resumption);
  }

  /** What people and the kernel said of a question that they name. */
  #said(entry: StoredLog, resumption: Resumption): void {
    switch (resumption.type) {
      case 'vote':
        this.#vote(entry, resumption.vote.interruptId, resumption.vote);
        return;
      case 'decision':
      case 'approval': {
        const { interruptId, outcome, reason, by, vote } =
          resumption.type === 'decision' ? resumption.decision : resumption.approval;
        if (vote !== null) this.#vote(entry, interruptId, vote);
        const value = resumption.type === 'decision' ? resumption.decision.value : resumption.approval.action;
        this.#settle(entry, this.#byId.get(interruptId), { outcome, value, reason }, by);
        return;
      }
      case 'unpause': {
        const pause = this.stages.findLast(({ nodeId, last }) => nodeId === 'pause' && last === null);
        this.#settle(entry, pause, null, [resumption.unpause.by]);
        return;
      }
      case 'steer':
        this.unasked.push(entry);
        return;
      case 'escalated':
      case 'pause':
    }
  }

  #vote(entry: StoredLog, interruptId: string, { by, roles, value }: Vote): void {
    this.#byId.get(interruptId)?.votes.push({ by, roles, value, atMs: entry.origin.timeMs });
  }

  #settle(entry: StoredLog, stage: LogStage | undefined, output: Json, by: readonly (string | null)[]): void {
    if (stage === undefined) {
      this.unasked.push(entry);
      return;
    }
    stage.last = entry;
    stage.output = output;
    stage.by = by;
  }

  /** An answer is that of the question that it names; one that names none is that of the question asked last. */
  #answer(entry: StoredLog, value: Json): void {
    const named = 'interruptId' in entry.event ? entry.event.interruptId : undefined;
    const open = this.stages.filter(({ kind, last }) => kind === 'human' && last === null);
    const stage = typeof named === 'string' ? open.find(({ id }) => id === named) : open.at(-1);
    if (stage === undefined) {
      this.unasked.push(entry);
      return;
    }
    stage.last = entry;
    stage.output = value;
  }

  #begin({
    entry,
    ...known
  }: Pick<LogStage, 'id' | 'nodeId' | 'kind'> & Partial<LogStage> & { readonly entry: StoredLog }): LogStage {
    const nothing = { last: null, entries: 1, action: null, question: null, output: null, error: null, by: null };
    const stage: LogStage = { ...nothing, votes: [], first: entry, ...known };
    this.stages.push(stage);
    this.#byId.set(stage.id, stage);
    return stage;
  }
}

function placeOfAction(action: Action): readonly [kind: StageKind, nodeId: string] {
  switch (action.type) {
    case 'CallTool':
      return ['tool', action.tool];
    case 'CallLLM':
      return ['llm', action.provider];
    case 'Sleep':
      return ['timer', 'sleep'];
    case 'WaitSignal':
      return ['signal', action.name];
  }
}

/** The action that a request asks for; null for one that a later version knows. */
function actionIn(payload: Json): Action | null {
  try {
    return decodeAction(payload);
  } catch (error) {
    if (isKernelError(error, 'InvalidEvent')) return null;
    throw error;
  }
}

function tagOf(payload: Json): string {
  return (isPlainObject(payload) ? Object.keys(payload)[0] : undefined) ?? 'action';
}
