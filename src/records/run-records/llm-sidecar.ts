/**
 * The sidecar of a run record: the transcript of its language models, one JSON text a line, in a folder beside the record. Here is where
 * it stands and what of it belongs into the record; reading the file is somebody else's.
 */
import { isPlainObject } from '../../kernel';
import { DaemonEventRecordSchema, type DaemonEventRecord } from './observability-record';
import { textIn } from './member';
import { parseRecordJson } from './record-json';
import { readRecord } from './record-reading';

/** A record's sidecar, as it was found. */
export interface LlmSidecar {
  readonly path: string;
  /** Whether there is such a file. */
  readonly available: boolean;
  readonly daemonEvents: readonly DaemonEventRecord[];
}

/** Where the sidecar of a record's file is: `{folder}/{name without its extension}-llm/llm_transcript.jsonl`. Null for what names no file. */
export function llmTranscriptSidecarPath(runPath: string): string | null {
  const path = runPath.replace(/\/+$/, '');
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const name = path.slice(folder.length);
  if (name === '' || name === '.' || name === '..') return null;
  const dot = name.lastIndexOf('.');
  // A name that begins with its only dot is all stem.
  return `${folder}${dot > 0 ? name.slice(0, dot) : name}-llm/llm_transcript.jsonl`;
}

/** The daemon events in a sidecar's text. A line that is torn, or is something else, is passed over. */
export function daemonEventsFromSidecar(text: string): readonly DaemonEventRecord[] {
  return text.split('\n').flatMap((line) => {
    if (line.trim() === '') return [];
    try {
      const event = parseRecordJson(line);
      if (textIn(event, 'type') !== 'daemon_event' || !isPlainObject(event)) return [];
      const members = Object.entries(event).filter(([name]) => name !== 'type');
      return [readRecord(DaemonEventRecordSchema, Object.fromEntries(members))];
    } catch {
      return [];
    }
  });
}
