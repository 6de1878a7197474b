/** A run's own id in its own record: two runs that did the same differ in it everywhere, and that is no difference. */
import type { RunRecordDocument } from './run-record';

/** What stands for a run's own id. */
const OWN_ID = '{run}';

/** Replaces a run's own id in texts, where it stands by itself or with something joined to it (`{run}-7`). */
export function ownIdMask({ id }: Pick<RunRecordDocument, 'id'>): (text: string) => string {
  if (id === '') return (text) => text;
  const escaped = id.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = new RegExp(`(?<![A-Za-z0-9])${escaped}(?![A-Za-z0-9])`, 'gu');
  return (text) => text.replace(pattern, OWN_ID);
}
