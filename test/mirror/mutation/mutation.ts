/**
 * Mutations: recorded histories with one change that says something else of the run. What counts as such is in `vouched-for.ts`.
 *
 * A mutation is made from its seed and nothing else, so that it can be made again.
 */
import { Chance } from './chance';
import {
  attributesNameOf,
  beganBy,
  idOf,
  typeOf,
  type Attributes,
  type ExportedEvent,
  type ExportedHistory,
} from './exported-history';
import type { HonestRun } from './honest-run';
import { double, drop, isAnswer, retype, swap, truncate, type Reordered } from './order-change';
import { changeField } from './value-change';
import { fieldsOf, saysOtherwise, type Aspect } from './vouched-for';

/** The kinds of mutations, as the report lists them. */
export const KINDS = [
  'input changed',
  'result changed',
  'id, name or type changed',
  'reference changed',
  'time changed',
  'event dropped, numbers left',
  'event dropped, renumbered',
  'group dropped, renumbered',
  'event doubled, numbers left',
  'event doubled, renumbered',
  'group doubled, renumbered',
  'events swapped, numbers left',
  'events swapped, renumbered',
  'event retyped, attributes left',
  'event retyped with attributes',
  'end cut off',
] as const;
export type Kind = (typeof KINDS)[number];

export interface Mutation {
  readonly seed: number;
  readonly kind: Kind;
  readonly run: HonestRun;
  /** The execution that was changed: 0 is the first of the chain. */
  readonly execution: number;
  /** The numbers that the changed events had. */
  readonly eventIds: readonly number[];
  /** What was changed, in words. */
  readonly description: string;
  /** The histories of the run's executions with the change. Where an end was cut off, later executions are gone with it. */
  readonly histories: readonly ExportedHistory[];
}

/** Tries that can come out as no mutation before something is wrong with the recordings. */
const TRIES_MAX = 10_000;

/** The mutation of a seed. Seeds that follow each other give the kinds in turn. */
export function mutationOf(runs: readonly HonestRun[], seed: number): Mutation {
  const chance = new Chance(seed);
  const kind = KINDS[((seed % KINDS.length) + KINDS.length) % KINDS.length] as Kind;
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const run = chance.pick(runs);
    const execution = chance.below(run.histories.length);
    const { events } = run.histories[execution] as ExportedHistory;
    const changed = changedEvents(chance, kind, run, execution, events);
    if (changed === null) continue;
    const kept = kind === 'end cut off' ? run.histories.slice(0, execution + 1) : run.histories;
    return {
      seed,
      kind,
      run,
      execution,
      eventIds: changed.touched,
      description: `${run.runId}, history ${execution + 1} ${changed.description}`,
      histories: kept.map((history, index) => (index === execution ? { events: changed.events } : history)),
    };
  }
  throw new Error(`no recorded history has anything for the kind ${kind}`);
}

type Events = readonly ExportedEvent[];

/** One try; null when it changed nothing that a log vouches for. */
function changedEvents(
  chance: Chance,
  kind: Kind,
  run: HonestRun,
  execution: number,
  events: Events,
): Reordered | null {
  switch (kind) {
    case 'input changed':
      return changeValue(chance, 'input', run, execution, events);
    case 'result changed':
      return changeValue(chance, 'result', run, execution, events);
    case 'id, name or type changed':
      return changeValue(chance, 'name', run, execution, events);
    case 'reference changed':
      return changeValue(chance, 'reference', run, execution, events);
    case 'time changed':
      return changeTime(chance, run, execution, events);
    case 'event dropped, numbers left':
      return drop(chance, events, 'careless');
    case 'event dropped, renumbered':
      return drop(chance, events, 'careful');
    case 'group dropped, renumbered':
      return drop(chance, events, 'whole');
    case 'event doubled, numbers left':
      return double(chance, events, 'careless');
    case 'event doubled, renumbered':
      return double(chance, events, 'careful');
    case 'group doubled, renumbered':
      return double(chance, events, 'whole');
    case 'events swapped, numbers left':
      return swap(chance, events, 'careless');
    case 'events swapped, renumbered':
      return onlyIf(swap(chance, events, 'careful'), ({ touched }) => orderMatters(run, execution, events, touched));
    case 'event retyped, attributes left':
      return retype(chance, events, 'careless');
    case 'event retyped with attributes':
      return onlyIf(retype(chance, events, 'careful'), (retyped) => typeMatters(events, retyped));
    case 'end cut off':
      return truncate(chance, events);
  }
}

function onlyIf(reordered: Reordered, matters: (reordered: Reordered) => boolean): Reordered | null {
  return matters(reordered) ? reordered : null;
}

function changeValue(
  chance: Chance,
  aspect: Aspect,
  run: HonestRun,
  execution: number,
  events: Events,
): Reordered | null {
  const event = chance.pick(events);
  const fields = fieldsOf(event).filter((field) => field.aspect === aspect);
  if (fields.length === 0) return null;
  const changed = structuredClone(event);
  const description = changeField(chance, changed[attributesNameOf(typeOf(event))] as Attributes, chance.pick(fields));
  if (!saysOtherwise(run, execution, event, changed)) return null;
  return {
    events: events.map((other) => (other === event ? changed : other)),
    touched: [idOf(event)],
    description: `where of event ${event.eventId} (${typeOf(event)}) ${description}`,
  };
}

/** Moves an event of which the log knows the time, by a millisecond at least. */
function changeTime(chance: Chance, run: HonestRun, execution: number, events: Events): Reordered | null {
  const event = chance.pick(events);
  const isBeginning = execution === 0 && idOf(event) === 1;
  if (!isBeginning && !run.vouchedFor[execution]?.has(idOf(event))) return null;
  const byMs = chance.pick([-60_000, -1, 1, 3_600_000]);
  const timeMs = Date.parse(event.eventTime) + byMs;
  // What is below a millisecond stays as it was.
  const eventTime = new Date(timeMs).toISOString().replace('Z', event.eventTime.slice(23));
  return {
    events: events.map((other) => (other === event ? { ...event, eventTime } : other)),
    touched: [idOf(event)],
    description: `where event ${event.eventId} (${typeOf(event)}) was ${byMs} ms later`,
  };
}

/** Whether it matters which of two neighbours came first: not so for two of the server's own that are about different things. */
function orderMatters(run: HonestRun, execution: number, events: Events, [one, other]: readonly number[]): boolean {
  const [first, second] = events.filter(({ eventId }) => Number(eventId) === one || Number(eventId) === other);
  if (first === undefined || second === undefined || one === 1) return true;
  const isOwn = (event: ExportedEvent): boolean => !isAnswer(event) && !run.vouchedFor[execution]?.has(idOf(event));
  if (!isOwn(first) || !isOwn(second)) return true;
  const areTasks = [first, second].every((event) => typeOf(event).startsWith('WORKFLOW_TASK_'));
  return areTasks || beganBy(first) === beganBy(second);
}

/** What became of a workflow task that answered nothing is the server's business. */
function typeMatters(events: Events, { events: changed, touched }: Reordered): boolean {
  const index = events.findIndex(({ eventId }) => Number(eventId) === touched[0]);
  const [before, after, next] = [events[index], changed[index], events[index + 1]];
  const answered = before !== undefined && typeOf(before) === 'WORKFLOW_TASK_COMPLETED' && next && isAnswer(next);
  const isTaskEnd = (event: ExportedEvent | undefined): boolean =>
    event !== undefined && /^WORKFLOW_TASK_(COMPLETED|FAILED|TIMED_OUT)$/.test(typeOf(event));
  return Boolean(answered) || !isTaskEnd(before) || !isTaskEnd(after);
}

/** The events that a finding of a change may name: the ids of the first and the last. */
export interface Place {
  readonly first: number;
  readonly last: number;
  /** The event of the execution before that leads to the changed one; null where none does. */
  readonly before: number | null;
}

/**
 * Where a change must be found: at the changed events, at the workflow task that answered before them, or at the next event that
 * depends on them. A changed value has its consequence in the task's next answer or the log's next entry; a moved number in the next
 * entry.
 */
export function placeOf({ kind, run, execution, eventIds }: Mutation): Place {
  const { events } = run.histories[execution] as ExportedHistory;
  const lowest = Math.min(...eventIds);
  const highest = Math.max(...eventIds);
  const tasks = events.filter((event) => typeOf(event) === 'WORKFLOW_TASK_COMPLETED');
  const task = tasks.findLast((event) => idOf(event) < lowest);
  // What a run's first task says, its version among it, is part of the run's beginning.
  const isBeginning = task === undefined || (execution === 0 && task === tasks[0]);
  const after = events.filter((event) => idOf(event) > highest);
  const next = after.find((event) =>
    kind.endsWith(' changed') ? isAnswer(event) : typeOf(event) === 'WORKFLOW_TASK_SCHEDULED',
  );
  const last = Math.max(
    next === undefined ? 0 : idOf(next),
    endOfAnswer(events, run.entries[execution]?.find((eventId) => eventId > highest) ?? events.length),
    endOfAnswer(events, run.followedBy[execution]?.get(highest) ?? 0),
  );
  return {
    first: isBeginning ? 1 : idOf(task),
    // Events that were doubled move what stands behind them.
    last: last + (kind.includes('doubled') ? eventIds.length : 0),
    before: lowest === 1 && execution > 0 ? (run.histories[execution - 1]?.events.length ?? null) : null,
  };
}

/** The last answer of a completed task; for other events, the event itself. */
function endOfAnswer(events: Events, eventId: number): number {
  const index = events.findIndex((event) => idOf(event) === eventId);
  const event = events[index];
  if (event === undefined || typeOf(event) !== 'WORKFLOW_TASK_COMPLETED') return eventId;
  const behind = events.slice(index + 1);
  const end = behind.findIndex((other) => !isAnswer(other));
  return eventId + (end === -1 ? behind.length : end);
}

/**
 * Whether the history alone tells of a change, without a log that was mirrored before: it is in what the program asked for or said,
 * or some later event of the run has the hash of the log. Times, and numbers that were moved consistently, are in no hash of a run's
 * own; nor is the last that a running or cancelled run heard.
 */
export function isVouchedForByHistory({ kind, run, execution, eventIds, description }: Mutation): boolean {
  switch (kind) {
    case 'reference changed':
    case 'event dropped, numbers left':
    case 'event doubled, numbers left':
    case 'events swapped, numbers left':
    case 'event retyped, attributes left':
      // Without its last event a history is a shorter history.
      return !eventIds.includes(run.histories[execution]?.events.length ?? 0);
    case 'input changed':
    case 'result changed':
    case 'id, name or type changed': {
      const [eventId = 0] = eventIds;
      const isUnread =
        run.vouchedFor[execution]?.has(eventId) === true && run.entries[execution]?.includes(eventId) === false;
      // What had to wait for a boundary is in no hash before that.
      const entries = run.entries[execution] ?? [];
      const inLogAt = Math.max(eventId, ...entries.slice(0, entries.indexOf(eventId) + 1));
      const isHashed = run.hashes.some((hashes, index) =>
        hashes.some((hash) => index > execution || (index === execution && hash >= inLogAt)),
      );
      return isHashed && !isUnread && !description.includes('parentWorkflowExecution');
    }
    default:
      return false;
  }
}
