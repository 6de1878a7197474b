/** Small changes of a value, as a forger would make them. */
import type { Chance } from './chance';
import { at, jsonOf, payloadOf, put, type Attributes, type ExportedPayload } from './exported-history';
import type { Field } from './vouched-for';

/** Changes what a field holds, in place; says what was done. */
export function changeField(chance: Chance, attributes: Attributes, { path, holds }: Field): string {
  switch (holds) {
    case 'text':
      return changeText(chance, attributes, path);
    case 'eventId': {
      const changed = String(Math.max(0, Number(at(attributes, path)) + chance.pick([-2, -1, 1, 2])));
      put(attributes, path, changed);
      return `${path} is ${changed}`;
    }
    case 'duration': {
      const changed = `${Number.parseFloat(String(at(attributes, path))) + chance.pick([-0.001, 0.001, 60])}s`;
      put(attributes, path, changed);
      return `${path} is ${changed}`;
    }
    case 'value': {
      const payload = at(attributes, path) as ExportedPayload;
      put(attributes, path, changedPayload(chance, payload));
      return `${path} says otherwise`;
    }
    case 'arguments':
    case 'values': {
      const payloads = at(attributes, `${path}.payloads`) as ExportedPayload[];
      const which = chance.below(payloads.length);
      const payload = payloads[which] as ExportedPayload;
      const way = chance.below(10);
      const value = jsonOf(payload);
      if (way === 2 && path === 'input' && which === 1 && typeof value === 'object') {
        payloads[which] = payloadOf({ ...value, tenant: 'somebody-else' }, payload);
        return 'it is the run of another tenant';
      }
      if (way === 0) {
        payloads.splice(which, 1);
        return `${path} has no argument ${which} any more`;
      }
      if (way === 1 && holds === 'values') {
        payloads.splice(which, 0, payload);
        return `${path} has argument ${which} twice`;
      }
      payloads[which] = changedPayload(chance, payload);
      return `argument ${which} of ${path} says otherwise`;
    }
  }
}

/** Kinds of timeouts that Temporal knows; another text would not be read. */
const TIMEOUTS = [
  'TIMEOUT_TYPE_START_TO_CLOSE',
  'TIMEOUT_TYPE_SCHEDULE_TO_START',
  'TIMEOUT_TYPE_SCHEDULE_TO_CLOSE',
  'TIMEOUT_TYPE_HEARTBEAT',
];

/** Names that mean something to a run of ours, beside names that mean nothing. */
const SIGNALS = ['payment', 'resume', 'signal', 'undeclared'];

function changeText(chance: Chance, attributes: Attributes, path: string): string {
  const before = String(at(attributes, path));
  const others = path.endsWith('timeoutType')
    ? TIMEOUTS
    : path === 'signalName'
      ? SIGNALS
      : [changedText(chance, before)];
  const changed = chance.pick(others.filter((other) => other !== before));
  put(attributes, path, changed);
  return `${path} is ${JSON.stringify(changed)}`;
}

function changedPayload(chance: Chance, payload: ExportedPayload): ExportedPayload {
  if (chance.below(20) === 0) return { ...payload, data: Buffer.from('{').toString('base64') };
  return payloadOf(changedValue(chance, jsonOf(payload)), payload);
}

/** A value that differs in one place. */
export function changedValue(chance: Chance, value: unknown): unknown {
  if (Array.isArray(value)) {
    const index = chance.below(value.length + 1);
    if (index === value.length) return [...(value as unknown[]), null];
    if (chance.below(4) === 0) return value.filter((_, other) => other !== index);
    return (value as unknown[]).map((element, other) => (other === index ? changedValue(chance, element) : element));
  }
  switch (typeof value) {
    case 'object':
      return value === null ? chance.pick<unknown>([0, 'null', {}]) : changedObject(chance, value as Attributes);
    case 'number':
      return chance.pick([value + 1, value - 1, -value - 1, value * 2 + 1]);
    case 'boolean':
      return !value;
    default:
      return changedText(chance, String(value));
  }
}

function changedObject(chance: Chance, value: Attributes): Attributes {
  const keys = Object.keys(value);
  const way = chance.below(10);
  if (keys.length === 0 || way === 0) return { ...value, [`added${chance.below(100)}`]: 1 };
  const key = chance.pick(keys);
  const { [key]: member, ...others } = value;
  return way === 1 ? others : { ...value, [key]: changedValue(chance, member) };
}

function changedText(chance: Chance, text: string): string {
  const place = chance.below(text.length + 1);
  const letter = String.fromCharCode('a'.charCodeAt(0) + chance.below(26));
  const insert = `${text.slice(0, place)}${letter}${text.slice(place)}`;
  const replace = `${text.slice(0, place)}${letter}${text.slice(place + 1)}`;
  return chance.pick([insert, replace].filter((changed) => changed !== text));
}
