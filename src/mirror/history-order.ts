/**
 * The order that the server itself keeps in a history, whatever the workflow is: numbers without a gap, attributes that are the
 * event's own, one workflow task at a time, answers right behind the task that gave them, and for everything that takes time
 * (activities, timers, child runs, updates, workflow tasks) a beginning, at most one start and at most one end that name each other.
 *
 * A history that breaks this order was changed. It says nothing of what the events hold: that is the fold's business.
 */
import { attributesOf, EventType, commandOf, describeEvent, eventIdOf, type HistoryEvent } from './history-event';
import { mismatch } from './history-mismatch';
import { childExecutionIn, ROLES, TASK, type Attributes, type Lifecycle } from './lifecycle';

/** What is under way. */
interface Life {
  readonly of: Lifecycle;
  readonly name: unknown;
  startedBy: number;
  /** The event that asked to cancel it. */
  askedBy: number;
  /** The id of a started child execution. */
  startedAs: string | null;
}

const CLOSING: ReadonlySet<number> = new Set([
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
]);

/** Checks events as they come. Of what was before the first one that it is shown it knows nothing, and finds nothing wrong. */
export class HistoryOrder {
  readonly #after: number;
  #last: number;
  #answering: number | null = null;
  #namesStarts = true;
  #task: number | null = null;
  #cancelRequested = false;
  #closed: HistoryEvent | null = null;
  readonly #lives = new Map<number, Life>();

  /** @param after the last event that is not shown: 0 for a history from its beginning */
  constructor(after: number) {
    this.#after = after;
    this.#last = after;
  }

  /**
   * Checks the next event.
   *
   * @throws KernelError `HistoryMismatch`, naming the event
   */
  check(event: HistoryEvent): void {
    const id = eventIdOf(event);
    if (id !== this.#last + 1) throw mismatch(event, `it stands where event ${this.#last + 1} belongs`);
    this.#last = id;
    if ((event.eventType === EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED) !== (id === 1)) {
      throw mismatch(event, 'a history begins with WorkflowExecutionStarted, and has it once');
    }
    if (this.#closed !== null) throw mismatch(event, `the execution had ended with ${describeEvent(this.#closed)}`);
    const attributes = ownAttributesOf(event);
    this.#checkAnswer(event, attributes);
    this.#follow(event, attributes);
    if (event.eventType === EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED) {
      if (this.#cancelRequested) throw mismatch(event, 'the server takes one request to cancel');
      this.#cancelRequested = true;
    }
    if (CLOSING.has(event.eventType ?? 0)) this.#closed = event;
  }

  /** What a workflow answered stands behind the completion of its task, with nothing between. */
  #checkAnswer(event: HistoryEvent, attributes: Attributes): void {
    if (event.eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED) {
      this.#answering = eventIdOf(event);
      this.#namesStarts = Number(attributes['startedEventId'] ?? 0) !== 0;
      return;
    }
    if (commandOf(event) === null) {
      this.#answering = null;
      return;
    }
    if (this.#answering === null) throw mismatch(event, 'no workflow task answered it');
    const task = attributes['workflowTaskCompletedEventId'];
    // The time-skipping test server, which names no start at a task's end, names it here; it stands right before the end.
    const answering = this.#namesStarts ? this.#answering : this.#answering - 1;
    if (task != null && Number(task) !== this.#answering && Number(task) !== answering) {
      throw mismatch(event, `it says that task ${Number(task)} answered it, but it stands behind ${this.#answering}`);
    }
  }

  #follow(event: HistoryEvent, attributes: Attributes): void {
    const found = ROLES.get(event.eventType ?? EventType.EVENT_TYPE_UNSPECIFIED);
    if (found === undefined) return;
    const { lifecycle, role } = found;
    if (role === 'begins') {
      if (lifecycle === TASK) this.#beginTask(event);
      const name = lifecycle.nameIn(attributes);
      this.#lives.set(eventIdOf(event), { of: lifecycle, name, startedBy: 0, askedBy: 0, startedAs: null });
      return;
    }
    const beganBy = Number(attributes[lifecycle.beganBy] ?? 0);
    const life = this.#lives.get(beganBy) ?? this.#unseen(lifecycle, beganBy, attributes);
    if (life?.of !== lifecycle) {
      throw mismatch(event, `it goes on with what event ${beganBy} began, but no such thing is under way`);
    }
    if (life.name !== lifecycle.nameIn(attributes))
      throw mismatch(event, `event ${beganBy} began something of another id`);
    if (role === 'mentions') life.askedBy = eventIdOf(event);
    if (role === 'starts') start(life, event, attributes);
    if (role === 'ends') this.#end(life, beganBy, event, attributes);
  }

  #beginTask(event: HistoryEvent): void {
    if (this.#task !== null) throw mismatch(event, `the workflow task that event ${this.#task} scheduled is under way`);
    this.#task = eventIdOf(event);
  }

  #end(life: Life, beganBy: number, event: HistoryEvent, attributes: Attributes): void {
    const startedBy = life.of.starts.length === 0 ? 0 : startOf(life, attributes);
    if (startedBy !== life.startedBy && !this.#isUnseen(startedBy)) {
      throw mismatch(event, `it ends what event ${startedBy} started, but event ${life.startedBy} started it`);
    }
    if (startedBy === 0 && !life.of.endsUnstarted.includes(event.eventType ?? EventType.EVENT_TYPE_UNSPECIFIED)) {
      throw mismatch(event, 'it ends what was never started');
    }
    const askedBy = Number(attributes['latestCancelRequestedEventId'] ?? 0);
    if (askedBy !== 0 && askedBy !== life.askedBy && !this.#isUnseen(askedBy)) {
      throw mismatch(event, `event ${askedBy} is no request to cancel it`);
    }
    const startedAs = childExecutionIn(attributes);
    if (life.startedAs !== null && startedAs !== null && startedAs !== life.startedAs) {
      throw mismatch(event, `it ends execution ${startedAs}, but ${life.startedAs} was started`);
    }
    this.#lives.delete(beganBy);
    if (life.of === TASK) this.#task = null;
  }

  /** What began before the first event that was shown. */
  #unseen(lifecycle: Lifecycle, beganBy: number, attributes: Attributes): Life | undefined {
    if (!this.#isUnseen(beganBy)) return undefined;
    const life: Life = { of: lifecycle, name: lifecycle.nameIn(attributes), startedBy: 0, askedBy: 0, startedAs: null };
    this.#lives.set(beganBy, life);
    return life;
  }

  #isUnseen(eventId: number): boolean {
    return eventId > 0 && eventId <= this.#after;
  }
}

/** The start that an end names. The time-skipping test server leaves it out at the end of a workflow task. */
function startOf(life: Life, attributes: Attributes): number {
  const startedBy = Number(attributes['startedEventId'] ?? 0);
  return startedBy === 0 && life.of === TASK ? life.startedBy : startedBy;
}

function start(life: Life, event: HistoryEvent, attributes: Attributes): void {
  if (life.startedBy !== 0) throw mismatch(event, `event ${life.startedBy} started it already`);
  life.startedBy = eventIdOf(event);
  life.startedAs = childExecutionIn(attributes);
}

/** The name of the attributes that an event of each type has. */
const ATTRIBUTES_OF_TYPE: ReadonlyMap<number, string> = new Map(
  Object.entries(EventType).map(([name, type]) => {
    const words = name.replace('EVENT_TYPE_', '').toLowerCase();
    return [Number(type), `${words.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())}EventAttributes`];
  }),
);

/** An event has one set of attributes: that of its type. */
function ownAttributesOf(event: HistoryEvent): Attributes {
  const [own, ...others] = attributesOf(event);
  if (own !== undefined && own[0] === ATTRIBUTES_OF_TYPE.get(event.eventType ?? 0) && others.length === 0)
    return own[1];
  throw mismatch(event, 'its attributes are not those of its type');
}
