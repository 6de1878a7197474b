import { z } from 'zod';
import { Moment, SeqNumber, StatusText } from './json';

/** One thing that a run did, or waited for. */
export const TimelineStep = z.strictObject({
  kind: z.enum([
    'tool',
    'model',
    'child',
    'sleep',
    'signal',
    'question',
    'answer',
    'vote',
    'pause',
    'message',
    'update',
    'end',
  ]),
  /** The entries that began and ended it; the second is null while it lasts, and for what is one entry. */
  from: z.int().positive(),
  to: z.int().positive().nullable(),
  what: z.string(),
  /** `open`: it lasts. */
  outcome: z.enum(['ok', 'failed', 'open']),
  /** What came of it, in a few words. */
  result: z.string().nullable(),
  startedAt: Moment,
  endedAt: Moment.nullable(),
  /** Attempts that were made; null where no history says so. */
  attempts: z.int().positive().nullable(),
  /** The run that it started. */
  childRunId: z.string().nullable(),
  /** That run's timeline; null where it can't be read from here, or lies too deep. */
  get child() {
    return TimelineOutput.nullable();
  },
});
export type TimelineStep = z.infer<typeof TimelineStep>;

/** `timeline --json`. */
export const TimelineOutput = z.strictObject({
  runId: z.string(),
  program: z.string(),
  version: z.int().positive(),
  status: StatusText,
  head: SeqNumber,
  startedAt: Moment,
  /** When the last entry came. */
  lastEntryAt: Moment,
  get steps() {
    return z.array(TimelineStep).readonly();
  },
  /** Entries that `--limit` left out. */
  entriesLeftOut: SeqNumber,
});
export type TimelineOutput = z.infer<typeof TimelineOutput>;
