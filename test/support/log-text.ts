/** A stored log as text: what two logs must have in common to be the same. */
import { sequencedEventText, type StoredLog } from '../../src/kernel';

/** A line for each entry: event, hashes, seal and origin. */
export function logText(entries: readonly StoredLog[]): string[] {
  return entries.map(({ eventIndex, event, stateHash, hash, seal, origin }) => {
    return [sequencedEventText({ seq: eventIndex, event }), stateHash, hash, seal, JSON.stringify(origin)].join(' ');
  });
}
