/** Reads the sidecar of a run record, where there is one. */
import { readFile, stat } from 'node:fs/promises';
import { daemonEventsFromSidecar, llmTranscriptSidecarPath, type RecordPlace } from '../records';

/** The largest sidecar that is read for its daemon events, in bytes. A larger one is there, and that is all that is said of it. */
export const SIDECAR_BYTES_MAX = 256 * 1024 * 1024;

/** A record's place, with what stands beside it. A sidecar that can't be read has no daemon events. */
export async function placeOf(path: string): Promise<RecordPlace> {
  const sidecar = llmTranscriptSidecarPath(path);
  if (sidecar === null) return { path, sidecar: null };
  const found = await stat(sidecar).catch(() => null);
  if (found === null) return { path, sidecar: { path: sidecar, available: false, daemonEvents: [] } };
  const isReadable = found.isFile() && found.size <= SIDECAR_BYTES_MAX;
  const text = isReadable ? await readFile(sidecar, 'utf8').catch(() => '') : '';
  return { path, sidecar: { path: sidecar, available: true, daemonEvents: daemonEventsFromSidecar(text) } };
}
