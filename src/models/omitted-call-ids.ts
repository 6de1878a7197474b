/**
 * Some servers give calls no ids. The SDK then makes them up by chance, and the same answer would be another one each time; so it must be
 * known, to make them up otherwise.
 */
import { isPlainObject } from '../kernel';

/** Whether a piece of an answer in the OpenAI chat protocol begins a call without an id. */
export function omitsCallIds(chunk: unknown): boolean {
  return membersOf(chunk, 'choices').some((choice) => {
    const delta = memberOf(choice, 'delta');
    return membersOf(delta, 'tool_calls').some(
      (call) => memberOf(memberOf(call, 'function'), 'name') !== undefined && !isId(memberOf(call, 'id')),
    );
  });
}

function isId(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}

function memberOf(value: unknown, name: string): unknown {
  return isPlainObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function membersOf(value: unknown, name: string): readonly unknown[] {
  const members = memberOf(value, name);
  return Array.isArray(members) ? members : [];
}
