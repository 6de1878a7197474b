/**
 * Saves two records in turns under one name until somebody kills it. Arguments: the folder, and `writes` to do nothing but the writing, so
 * that it is killed in the middle of that more often than not.
 */
import { runRecordText } from '../../../src/records/run-records/record-text';
import { RunRecordSchema, type RunRecordDocument } from '../../../src/records/run-records/run-record';
import { writeFileAtomically } from '../../../src/files/atomic-file';
import { saveRunRecord } from '../../../src/run-files/run-record-file';
import { runRecordPath } from '../../../src/run-files/run-record-path';

const [folder = '', what] = process.argv.slice(2);

const recordOf = (word: string, words: number): RunRecordDocument =>
  RunRecordSchema.parse({ id: 'killed', workflow_id: word, task: `${word} `.repeat(words) });

async function main(): Promise<void> {
  const records = ['odd', 'even'].map((word) => recordOf(word, what === 'writes' ? 20_000 : 2_000));
  const texts = records.map(runRecordText);
  for (let save = 0; ; save += 1) {
    if (what === 'writes') await writeFileAtomically(runRecordPath('killed', folder), texts[save % 2] ?? '');
    else await saveRunRecord(records[save % 2] ?? recordOf('odd', 1), { folder });
    if (save === 0) process.stdout.write('saving\n');
  }
}

void main();
