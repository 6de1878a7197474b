/** The pages of a workflow's log: what one message can't hold comes in several. */
import { genesisHash, type Entry } from '../../src/kernel';
import { LOG_PAGE_BYTES_MAX } from '../../src/protocol';
import { RunLog } from '../../src/workflows/run-log';

function logOf(notes: readonly string[]): RunLog {
  const log = new RunLog('run', 0, genesisHash('run', 'p', null));
  const entries = notes.map((payload, index): Entry => {
    return { seq: index + 1, event: { type: 'StateUpdated', stepId: null, payload }, state: index };
  });
  log.add(entries);
  return log;
}

const seqsOf = (log: RunLog, from?: number): number[] => {
  return log.page(from === undefined ? {} : { from }).entries.map(({ seq }) => seq);
};

test('given a small log, when a page is asked for, then it holds all of it', () => {
  expect(seqsOf(logOf(['a', 'b', 'c']))).toEqual([1, 2, 3]);
  expect(seqsOf(logOf(['a', 'b', 'c']), 3)).toEqual([3]);
});

test('given entries of many bytes, when pages are asked for, then each stays below the limit, counted in bytes', () => {
  const note = '日'.repeat(LOG_PAGE_BYTES_MAX / 3 / 2);
  const log = logOf([note, note, 'c']);

  expect(seqsOf(log)).toEqual([1]);
  expect(seqsOf(log, 2)).toEqual([2, 3]);
});

test('given an entry beyond the limit, when its page is asked for, then it comes alone', () => {
  const log = logOf(['x'.repeat(LOG_PAGE_BYTES_MAX + 1), 'b']);

  expect(seqsOf(log)).toEqual([1]);
});
