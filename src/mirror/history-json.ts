/**
 * Histories as JSON, as Temporal's CLI and Web UI export them.
 *
 * The SDK has this too, but its version fails where npm installs more than one copy of protobufjs, which is what it does by
 * default: a message type of one copy is none to the other. So the converter is taken from the copy that made the types.
 */
import { createRequire } from 'node:module';
import * as proto from '@temporalio/proto';
import { patchProtobufRoot } from '@temporalio/proto/lib/patch-protobuf-root';
import { isPlainObject } from '../kernel';
import type { HistoryEvent } from './history-event';

interface ProtoJson {
  readonly fromJson: (type: unknown, json: unknown, options: { readonly ignoreUnknownFields: boolean }) => unknown;
  readonly toJson: (type: unknown, message: unknown) => unknown;
}

const { fromJson, toJson } = createRequire(require.resolve('@temporalio/proto'))(
  'protobufjs/ext/protojson',
) as ProtoJson;

const root = patchProtobufRoot(proto) as unknown as { lookupType(name: string): unknown };
const History = root.lookupType('temporal.api.history.v1.History');

/**
 * The events of an exported history.
 *
 * @throws TypeError when it is none
 */
export function historyFromJson(json: unknown): readonly HistoryEvent[] {
  if (!isPlainObject(json) || !Array.isArray(json['events'])) throw new TypeError('it has no list of events');
  const events = json['events'].map((event: unknown) => (isPlainObject(event) ? withFullTypeName(event) : event));
  const { events: read } = fromJson(History, { events }, { ignoreUnknownFields: true }) as { events?: HistoryEvent[] };
  return read ?? [];
}

/** A history as Temporal exports it. */
export function historyToJson(events: readonly HistoryEvent[]): unknown {
  return toJson(History, proto.temporal.api.history.v1.History.fromObject({ events }));
}

/** Older exports write `WorkflowExecutionStarted` where newer ones write `EVENT_TYPE_WORKFLOW_EXECUTION_STARTED`. */
function withFullTypeName(event: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { eventType } = event;
  if (typeof eventType !== 'string' || eventType.startsWith('EVENT_TYPE_')) return event;
  const words = eventType.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
  return { ...event, eventType: `EVENT_TYPE_${words}` };
}
