/** What the mirror finds in a mutated history: with the honest log beside it, and from the history alone. */
import { isKernelError, messageOf, type KernelErrorCode } from '../../../src/kernel';
import { ExportedHistorySource, Mirror, type Verdict } from '../../../src/mirror';
import { MemoryStore } from '../../../src/stores';
import { RECORDED_PROGRAMS } from '../../histories/recordings';
import { placeOf, type Mutation } from './mutation';

/** A difference that was found. */
export interface Finding {
  /** The history event that is named; null when none is. */
  readonly eventId: number | null;
  /** Whether that is the changed event, the task that answered it, or the next event that depends on it. */
  readonly isNear: boolean;
  readonly reason: string;
}

/** Verifies the honest log against the mutated history; null when nothing is found. */
export async function findByVerification(mutation: Mutation): Promise<Finding | null> {
  const { run, histories } = mutation;
  let verdict: Verdict;
  try {
    const source = new ExportedHistorySource(histories);
    verdict = await new Mirror({ source, programs: RECORDED_PROGRAMS, store: run.store }).verify(run.runId);
  } catch (error) {
    // What is no history at all is refused before it is compared with anything.
    return findingIn(mutation, error);
  }
  const [problem] = verdict.problems;
  if (problem === undefined) return null;
  return findingOf(mutation, problem.historyEventId, problem.reason);
}

/** Folds the mutated history into an empty store; null when nothing is found. */
export async function findByFold(mutation: Mutation): Promise<Finding | null> {
  const { run, histories } = mutation;
  try {
    const source = new ExportedHistorySource(histories);
    await new Mirror({ source, programs: RECORDED_PROGRAMS, store: new MemoryStore() }).mirror(run.runId);
    return null;
  } catch (error) {
    return findingIn(mutation, error);
  }
}

function findingIn(mutation: Mutation, error: unknown): Finding {
  if (!isKernelError(error)) throw error;
  const named = /\bevent (\d+)\b/.exec(error.message)?.[1];
  const eventId = named !== undefined ? Number(named) : OF_THE_BEGINNING.has(error.code) ? 1 : null;
  return findingOf(mutation, eventId, `${error.code}: ${messageOf(error)}`);
}

/** Errors that are about what the first event of a run says. */
const OF_THE_BEGINNING: ReadonlySet<KernelErrorCode> = new Set<KernelErrorCode>([
  'InvalidInitialState',
  'RunNotFound',
  'UnknownProgram',
  'UnknownProgramVersion',
  'WrongTenant',
]);

function findingOf(mutation: Mutation, eventId: number | null, reason: string): Finding {
  const { first, last, before } = placeOf(mutation);
  const isNear = eventId !== null && (eventId === before || (eventId >= first && eventId <= last));
  return { eventId, isNear, reason };
}
