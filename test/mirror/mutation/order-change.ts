/**
 * Changes of a history's order: events that are dropped, doubled, swapped or retyped, or an end that is cut off. Each is made
 * carelessly (the numbers stay as they are) or by somebody who numbers the events again and lets them name each other rightly.
 */
import type { Chance } from './chance';
import {
  attributesNameOf,
  beganBy,
  idOf,
  renumbered,
  typeOf,
  type ExportedEvent,
  type Placed,
} from './exported-history';

/** Events after a change, with the numbers that the changed ones had. */
export interface Reordered {
  readonly events: readonly ExportedEvent[];
  readonly touched: readonly number[];
  readonly description: string;
}

type Events = readonly ExportedEvent[];

const original = (event: ExportedEvent): Placed => ({ event, copy: 0 });
const nameOf = (event: ExportedEvent): string => `event ${event.eventId} (${typeOf(event)})`;
const listOf = (events: Events): string => events.map(nameOf).join(', ');

/** Drops one event, or all that are about one thing: an activity with its start and end, a workflow task with its answers. */
export function drop(chance: Chance, events: Events, way: 'careless' | 'careful' | 'whole'): Reordered {
  const dropped = way === 'whole' ? chance.pick(groupsOf(events)) : [chance.pick(events.slice(1))];
  const left = events.filter((event) => !dropped.includes(event));
  return {
    events: way === 'careless' ? left : renumbered(left.map(original)),
    touched: dropped.map(idOf),
    description: `without ${listOf(dropped)}`,
  };
}

/** Doubles one event, or all that are about one thing. The copies of a group stand behind it and name each other. */
export function double(chance: Chance, events: Events, way: 'careless' | 'careful' | 'whole'): Reordered {
  const group = way === 'whole' ? chance.pick(groupsOf(events)) : [chance.pick(events)];
  const last = events.indexOf(group.at(-1) as ExportedEvent);
  const placed: Placed[] = [
    ...events.slice(0, last + 1).map(original),
    ...group.map((event) => ({ event, copy: 1 })),
    ...events.slice(last + 1).map(original),
  ];
  return {
    events: way === 'careless' ? placed.map(({ event }) => event) : renumbered(placed),
    touched: group.map(idOf),
    description: `with ${listOf(group)} twice`,
  };
}

/** Swaps two neighbours. */
export function swap(chance: Chance, events: Events, way: 'careless' | 'careful'): Reordered {
  const index = chance.below(events.length - 1);
  const [one, other] = events.slice(index, index + 2) as [ExportedEvent, ExportedEvent];
  const swapped = [...events.slice(0, index), other, one, ...events.slice(index + 2)];
  return {
    events: way === 'careless' ? swapped : renumbered(swapped.map(original)),
    touched: [idOf(one), idOf(other)],
    description: `with ${nameOf(one)} and ${nameOf(other)} swapped`,
  };
}

/** Gives an event another type: one of its own sort, or any. Who is careful gives it that type's attributes, too. */
export function retype(chance: Chance, events: Events, way: 'careless' | 'careful'): Reordered {
  const event = chance.pick(events);
  const type = typeOf(event);
  const family = FAMILIES.find((types) => types.includes(type)) ?? [];
  const types = (chance.below(3) === 0 || family.length === 0 ? FAMILIES.flat() : family).filter((t) => t !== type);
  const newType = chance.pick(types);
  const retyped: ExportedEvent = { ...event, eventType: `EVENT_TYPE_${newType}` };
  if (way === 'careful') {
    Reflect.deleteProperty(retyped, attributesNameOf(type));
    retyped[attributesNameOf(newType)] = event[attributesNameOf(type)];
  }
  return {
    events: events.map((other) => (other === event ? retyped : other)),
    touched: [idOf(event)],
    description: `with ${nameOf(event)} as ${newType}`,
  };
}

/** Cuts the end off. */
export function truncate(chance: Chance, events: Events): Reordered {
  const kept = 1 + chance.below(events.length - 1);
  return {
    events: events.slice(0, kept),
    touched: events.slice(kept).map(idOf),
    description: `that ends with ${nameOf(events[kept - 1] as ExportedEvent)}`,
  };
}

/** Events that are about one thing: two at least. A workflow task has its answers with it. */
function groupsOf(events: Events): ExportedEvent[][] {
  const groups = new Map<number, ExportedEvent[]>();
  for (const event of events) groups.set(beganBy(event), [...(groups.get(beganBy(event)) ?? []), event]);
  for (const group of groups.values()) {
    const completed = group.find((event) => typeOf(event) === 'WORKFLOW_TASK_COMPLETED');
    if (completed === undefined) continue;
    for (const answer of events.slice(events.indexOf(completed) + 1)) {
      if (!isAnswer(answer)) break;
      if (!group.includes(answer)) group.push(answer);
    }
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

/** Whether a workflow wrote the event, in a task's answer. */
export function isAnswer(event: ExportedEvent): boolean {
  const attributes = (event[attributesNameOf(typeOf(event))] ?? {}) as Readonly<Record<string, unknown>>;
  return (
    attributes['workflowTaskCompletedEventId'] !== undefined || typeOf(event).startsWith('WORKFLOW_EXECUTION_UPDATE_')
  );
}

/** Types that a forger could mistake for each other, or would like to. */
const FAMILIES: readonly (readonly string[])[] = [
  ['WORKFLOW_TASK_COMPLETED', 'WORKFLOW_TASK_FAILED', 'WORKFLOW_TASK_TIMED_OUT'],
  ['WORKFLOW_TASK_SCHEDULED', 'WORKFLOW_TASK_STARTED'],
  ['ACTIVITY_TASK_COMPLETED', 'ACTIVITY_TASK_FAILED', 'ACTIVITY_TASK_TIMED_OUT', 'ACTIVITY_TASK_CANCELED'],
  ['ACTIVITY_TASK_STARTED', 'ACTIVITY_TASK_CANCEL_REQUESTED'],
  ['TIMER_FIRED', 'TIMER_CANCELED'],
  ['ACTIVITY_TASK_SCHEDULED', 'TIMER_STARTED', 'START_CHILD_WORKFLOW_EXECUTION_INITIATED', 'MARKER_RECORDED'],
  [
    'CHILD_WORKFLOW_EXECUTION_COMPLETED',
    'CHILD_WORKFLOW_EXECUTION_FAILED',
    'CHILD_WORKFLOW_EXECUTION_CANCELED',
    'CHILD_WORKFLOW_EXECUTION_TIMED_OUT',
    'CHILD_WORKFLOW_EXECUTION_TERMINATED',
    'CHILD_WORKFLOW_EXECUTION_STARTED',
  ],
  ['WORKFLOW_EXECUTION_SIGNALED', 'WORKFLOW_EXECUTION_CANCEL_REQUESTED'],
  ['WORKFLOW_PROPERTIES_MODIFIED', 'UPSERT_WORKFLOW_SEARCH_ATTRIBUTES'],
  ['WORKFLOW_EXECUTION_UPDATE_ACCEPTED', 'WORKFLOW_EXECUTION_UPDATE_COMPLETED'],
  [
    'WORKFLOW_EXECUTION_COMPLETED',
    'WORKFLOW_EXECUTION_FAILED',
    'WORKFLOW_EXECUTION_CANCELED',
    'WORKFLOW_EXECUTION_CONTINUED_AS_NEW',
    'WORKFLOW_EXECUTION_TERMINATED',
    'WORKFLOW_EXECUTION_TIMED_OUT',
  ],
];
