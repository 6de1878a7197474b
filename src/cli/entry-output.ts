/** An entry of a log as the terminal prints it: as JSON, and in a line. */
import { encodeEvent, type DefinedProgram, type StoredLog } from '../kernel';
import { timeText } from './duration';
import { eventText } from './entry-text';
import type { EntryOutput } from './output/events';
import type { Style, Terminal } from './terminal';

export function entryOutput({ eventIndex, event, stateHash, hash, origin }: StoredLog): EntryOutput {
  const { executionId, historyEventId, timeMs } = origin;
  return {
    seq: eventIndex,
    event: encodeEvent(event),
    stateHash,
    hash,
    at: timeText(timeMs),
    executionId,
    historyEventId,
  };
}

const STYLE: Readonly<Record<StoredLog['event']['type'], Style>> = {
  StateUpdated: 'dim',
  ActionRequested: 'cyan',
  ActionSucceeded: 'green',
  ActionFailed: 'red',
  Interrupted: 'yellow',
  Resumed: 'yellow',
  Completed: 'green',
};

/** Cells for a table: seq, time of day, kind, what it says. */
export function entryCells(entry: StoredLog, program: DefinedProgram | null, terminal: Terminal): string[] {
  const { eventIndex, event, origin } = entry;
  return [
    String(eventIndex).padStart(5),
    timeText(origin.timeMs).slice(11, 23),
    terminal.styled(STYLE[event.type], event.type),
    eventText(event, program),
  ];
}
