/**
 * The projector: fills an execution event store from a run's mirrored log.
 *
 * Guarantees: it can be asked again at any time, at a cost that follows what is new; the events are there once, however often
 * it is asked, by how many at once, and wherever it was interrupted. It goes on where the last checkpoint of the execution
 * says that it stopped, appends the events of whole entries only, and expects the sequence that it has read: whoever was
 * overtaken reads again. What others append to the execution stays where it is.
 */
import {
  ACTIONS_AT_ONCE_MAX,
  CANCELLED_ERROR,
  canonicalJson,
  isKernelError,
  KernelError,
  type LogStore,
  type RunId,
  type Seq,
  type StoredLog,
  type StoredRun,
} from '../../kernel';
import { endsExecution, type ExecutionId, type ParentLink, type Sequence } from './execution-event';
import { encodeExecutionEvent } from './execution-event-wire';
import { EXECUTION_EVENTS_PER_BATCH_MAX, type ExecutionEventStore } from './execution-event-store';
import type { RunClosure, RunEnd } from './run-closure';
import { checkpointIdOf, eventOfEnd, eventOfStart, eventsOfEntry, requestSeqOf } from './run-projection';
import type { NewExecutionEvent, StoredExecutionEvent } from './stored-execution-event';

/** Where a run stands. What a mirror reports of a run is enough. */
export interface ProjectedRun extends Omit<RunClosure, 'closed'> {
  readonly runId: RunId;
  /** The seq up to which the log is projected. */
  readonly head: Seq;
  /** How the run ended; null while it goes on. */
  readonly closed: RunEnd | null;
  /**
   * What set the run off. Default: the run that started it, where the mirror knows one. It is written with the first event; a
   * later call need not repeat it.
   */
  readonly parent?: ParentLink;
}

/** What one look at a run brought. */
export interface ProjectionReport {
  readonly executionId: ExecutionId;
  /** Events that this look added. */
  readonly added: number;
  /** Whether the execution has ended. */
  readonly ended: boolean;
}

/** Entries whose events are appended in one batch. */
const ENTRIES_PER_BATCH = 200;

/** Events that are read at once, where the place to go on must be looked for. */
const EVENTS_PER_PAGE = 1_000;

/** How often a projector that another one overtook looks again before it gives up. */
const CONFLICTS_MAX = 20;

/** Where an execution's projection stands. */
interface Standing {
  /** The execution's latest sequence; 0 when it has no events. */
  readonly sequence: Sequence;
  /** The event of the run's start; null when it is not there yet. */
  readonly started: StoredExecutionEvent | null;
  /** The last entry whose events are there. */
  readonly seq: Seq;
  readonly ended: boolean;
}

/** Projects runs of one log store into one execution event store. */
export class ExecutionProjector {
  readonly #log: LogStore;
  readonly #events: ExecutionEventStore;

  /** @throws KernelError `InvalidTenant` when the stores were opened for two tenants */
  constructor({ log, events }: { readonly log: LogStore; readonly events: ExecutionEventStore }) {
    if (log.tenant !== events.tenant) {
      const tenants = `${JSON.stringify(log.tenant)} and ${JSON.stringify(events.tenant)}`;
      throw new KernelError('InvalidTenant', `the log and the execution events belong to two tenants, ${tenants}`);
    }
    this.#log = log;
    this.#events = events;
  }

  /**
   * Brings a run's execution events up to date, up to a head.
   *
   * @throws KernelError `RunNotFound` for a run that was not mirrored; `EventStore` when the log does not reach the head, or
   *   goes beyond the head of a run that ended; `RunAlreadyStarted` when the execution is stored as that of another run, or with
   *   another parent; or a store's
   */
  async project(run: ProjectedRun): Promise<ProjectionReport> {
    for (let conflicts = 0; ; conflicts += 1) {
      try {
        return await this.#projectOnce(run);
      } catch (error) {
        // Somebody else appends to the same execution: a projector wrote what we would have written.
        if (!isKernelError(error, 'HeadConflict') || conflicts >= CONFLICTS_MAX) throw error;
      }
    }
  }

  async #projectOnce(run: ProjectedRun): Promise<ProjectionReport> {
    const stored = await this.#storedRun(run);
    const { runId } = stored;
    const standing = await this.#standing(runId);
    if (standing.started !== null) assertSameStart(stored, run.parent, standing.started);
    let { sequence, seq, ended } = standing;
    let last = await this.#entryAt(runId, seq);
    const requests = new Map<Seq, StoredLog>();
    let pending: NewExecutionEvent[] = standing.started === null ? [eventOfStart(stored, run.parent)] : [];

    while (!ended) {
      const entries = await this.#log.scanLog(runId, seq + 1, Math.min(ENTRIES_PER_BATCH, Math.max(0, run.head - seq)));
      for (const entry of entries) {
        const requestSeq = requestSeqOf(stored, entry);
        const related =
          requestSeq === null ? last : (requests.get(requestSeq) ?? (await this.#entryAt(runId, requestSeq)));
        const added = eventsOfEntry(stored, entry, related);
        // An entry has a handful of events, unless its output refers to many artifacts. One place is for the end.
        if (pending.length + added.length >= EXECUTION_EVENTS_PER_BATCH_MAX) {
          await this.#events.appendBatch(runId, pending, sequence);
          sequence += pending.length;
          pending = [];
        }
        pending.push(...added);
        if (entry.event.type === 'ActionRequested') requests.set(entry.eventIndex, entry);
        else if (requestSeq !== null) requests.delete(requestSeq);
        last = entry;
        seq = entry.eventIndex;
      }
      if (seq >= run.head && run.closed !== null) {
        const ending = run.closed === 'failed' ? await this.#failureOf(stored, last) : last;
        const requestSeq = ending === null ? null : requestSeqOf(stored, ending);
        const request = requestSeq === null ? null : await this.#entryAt(runId, requestSeq);
        const end = eventOfEnd(stored, { ...run, closed: run.closed }, ending, request);
        if (end !== null) pending.push(end);
      }
      ended = pending.some(({ event }) => endsExecution(event));
      if (pending.length > 0) await this.#events.appendBatch(runId, pending, sequence);
      sequence += pending.length;
      pending = [];
      if (seq >= run.head || entries.length === 0) break;
    }
    return { executionId: runId, added: sequence - standing.sequence, ended };
  }

  async #storedRun({ runId, head, closed }: ProjectedRun): Promise<StoredRun> {
    const stored = await this.#log.loadRun(runId);
    if (stored === null) throw new KernelError('RunNotFound', `run ${runId} was not mirrored into this store`);
    if (stored.head < head) {
      throw new KernelError(
        'EventStore',
        `the log of run ${runId} ends at ${stored.head}, before ${head}: mirror it first`,
      );
    }
    if (closed !== null && stored.head > head) {
      throw new KernelError(
        'EventStore',
        `run ${runId} is said to have ended at ${head}, but its log has ${stored.head}`,
      );
    }
    return stored;
  }

  async #entryAt(runId: RunId, seq: Seq): Promise<StoredLog | null> {
    return seq === 0 ? null : ((await this.#log.scanLog(runId, seq, 1))[0] ?? null);
  }

  /** The entry of the action that a run failed with: of several that ended together, the first that failed by itself. */
  async #failureOf({ runId }: StoredRun, last: StoredLog | null): Promise<StoredLog | null> {
    if (last === null) return null;
    const from = Math.max(1, last.eventIndex - ACTIONS_AT_ONCE_MAX + 1);
    const entries = await this.#log.scanLog(runId, from, last.eventIndex - from + 1);
    const begin = entries.findLastIndex(
      ({ event }) => event.type !== 'ActionFailed' && event.type !== 'ActionSucceeded',
    );
    const failed = entries.slice(begin + 1).filter(({ event }) => event.type === 'ActionFailed');
    const ownFailure = failed.find(({ event }) => event.type === 'ActionFailed' && event.error !== CANCELLED_ERROR);
    return ownFailure ?? failed[0] ?? last;
  }

  async #standing(executionId: ExecutionId): Promise<Standing> {
    const sequence = (await this.#events.getLatestSequence(executionId)) ?? 0;
    if (sequence === 0) return { sequence, started: null, seq: 0, ended: false };
    const [first = null] = await this.#events.loadEventsAfter(executionId, 0, 1);
    const [last = null] = await this.#events.loadEventsAfter(executionId, sequence - 1, 1);
    const quick = standingAfter(executionId, standingAfter(executionId, NOWHERE, first), last);
    // Nearly always the last event is the projection's own; where others append too, it must be looked for.
    const found = last !== null && isMark(executionId, last) && quick.started !== null;
    return { ...(found ? quick : await this.#searched(executionId, sequence)), sequence };
  }

  async #searched(executionId: ExecutionId, sequence: Sequence): Promise<Standing> {
    let standing = NOWHERE;
    for (let after = 0; after < sequence;) {
      const page = await this.#events.loadEventsAfter(executionId, after, Math.min(EVENTS_PER_PAGE, sequence - after));
      if (page.length === 0) break;
      for (const event of page) standing = standingAfter(executionId, standing, event);
      after += page.length;
    }
    return standing;
  }
}

const NOWHERE: Standing = { sequence: 0, started: null, seq: 0, ended: false };

/** Whether an event says where the projection stands. */
function isMark(executionId: ExecutionId, { event }: StoredExecutionEvent): boolean {
  return event.type === 'ExecutionStarted' || endsExecution(event) || seqOfCheckpoint(executionId, event) !== null;
}

function standingAfter(executionId: ExecutionId, standing: Standing, stored: StoredExecutionEvent | null): Standing {
  if (stored === null) return standing;
  const { event } = stored;
  if (event.type === 'ExecutionStarted') return { ...standing, started: standing.started ?? stored };
  const seq = seqOfCheckpoint(executionId, event) ?? standing.seq;
  return { ...standing, seq, ended: standing.ended || endsExecution(event) };
}

/** The seq of the entry that a checkpoint closes; null for other events, and for checkpoints that are not the projection's. */
function seqOfCheckpoint(executionId: ExecutionId, event: StoredExecutionEvent['event']): Seq | null {
  if (event.type !== 'CheckpointSaved') return null;
  const seq = Number(event.checkpointId.slice(executionId.length + 1));
  return Number.isSafeInteger(seq) && event.checkpointId === checkpointIdOf(executionId, seq) ? seq : null;
}

function assertSameStart(run: StoredRun, parent: ParentLink | undefined, { event }: StoredExecutionEvent): void {
  if (event.type !== 'ExecutionStarted') return;
  const expected = eventOfStart(run, parent ?? event.parent).event;
  if (canonicalJson(encodeExecutionEvent(expected)) === canonicalJson(encodeExecutionEvent(event))) return;
  throw new KernelError(
    'RunAlreadyStarted',
    `execution ${JSON.stringify(run.runId)} is stored as that of another run, or with another parent`,
  );
}
