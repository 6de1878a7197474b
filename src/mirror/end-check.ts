/** How an activation ended an execution, compared with where the program is. */
import { canonicalJson, DEFAULT_TENANT, type Hash, type Json, type Machine, type Waiting } from '../kernel';
import { ACTION_FAILED_TYPE, type FailedRun, type RunOptions } from '../protocol';
import type { Activation } from './activation';
import type { CheckedRun } from './checked-run';
import { EventType, type HistoryEvent } from './history-event';
import { assertSame, mismatch, reading } from './history-mismatch';
import type { ClosedAs } from './mirror-position';

/** What a checked activation means for the run's chain. */
export interface CheckedEnd {
  readonly closed: ClosedAs | null;
  /** The execution that goes on, after continue-as-new. */
  readonly next: string | null;
}

/** The event that closed the execution, if the activation did. */
export function closingOf({ commands }: Activation): HistoryEvent | null {
  return commands.find(({ eventType }) => CLOSING.has(eventType ?? 0)) ?? null;
}

/**
 * Checks that an activation closed the execution where the program is at its end, and as the program says.
 *
 * @throws KernelError `HistoryMismatch`
 */
export async function checkEnd(
  activation: Activation,
  machine: Machine,
  hash: Hash,
  { program, tenant, decoder }: CheckedRun,
): Promise<CheckedEnd> {
  const event = closingOf(activation);
  const { waiting, runId, head, state } = machine;
  if (event === null) {
    if (waiting.for !== 'nothing') return { closed: null, next: null };
    throw mismatch(activation.completed, `the program is ${waiting.outcome.type}, but the workflow went on`);
  }
  const continued = event.workflowExecutionContinuedAsNewEventAttributes;
  if (continued) {
    const [state, given, ...more] = await reading(event, () => decoder.values(continued.input));
    const { name, version } = program;
    if (continued.workflowType?.name !== name || state !== null || more.length > 0) {
      throw mismatch(event, `a run of ${name} goes on as such, with what it hands on and nothing else`);
    }
    const options = given as RunOptions | null;
    const heir = options?.tenant ?? DEFAULT_TENANT;
    if (heir !== tenant) throw mismatch(event, `it hands the run on to tenant ${heir}`);
    const carried = { version, checkpoint: machine.checkpoint(), hash } as unknown as Json;
    assertSame(event, options?.carried ?? null, carried, 'what the run hands on');
    return { closed: null, next: continued.newExecutionRunId ?? null };
  }
  const outcome = waiting.for === 'nothing' ? waiting.outcome.type : 'not at its end';
  const expected = EXPECTED_OUTCOMES.get(event.eventType ?? 0) ?? [];
  if (!expected.includes(outcome)) throw mismatch(event, `the program is ${outcome}`);
  const completed = event.workflowExecutionCompletedEventAttributes;
  if (completed) {
    const results = await reading(event, () => decoder.values(completed.result));
    assertSame(event, results, [{ runId, head, hash, state }], 'the log that the run itself reports');
    return { closed: 'completed', next: null };
  }
  const failed = event.workflowExecutionFailedEventAttributes;
  if (failed) {
    const failure = await reading(event, () => decoder.failure(failed.failure));
    const details = 'details' in failure && Array.isArray(failure.details) ? (failure.details as unknown[]) : [];
    const report: FailedRun = { runId, head, hash };
    assertSame(event, details[0] ?? null, report, 'the log that the run itself reports');
    const said = { type: 'type' in failure ? failure.type : null, message: failure.message };
    if (details.length > 1 || canonicalJson(said) !== canonicalJson(endingOf(waiting))) {
      throw mismatch(event, 'it says otherwise than the program why the run failed');
    }
    return { closed: 'failed', next: null };
  }
  return { closed: 'cancelled', next: null };
}

const EXPECTED_OUTCOMES: ReadonlyMap<number, readonly string[]> = new Map([
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, ['completed']],
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED, ['failed', 'denied']],
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED, ['cancelled']],
]);

const CLOSING: ReadonlySet<number> = new Set([
  ...EXPECTED_OUTCOMES.keys(),
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
]);

/** What the failure of a run says: its type and message. */
function endingOf(waiting: Waiting): { readonly type: string; readonly message: string } | null {
  const outcome = waiting.for === 'nothing' ? waiting.outcome : null;
  switch (outcome?.type) {
    case 'failed':
      return { type: ACTION_FAILED_TYPE, message: `action ${outcome.actionId} failed: ${outcome.error}` };
    case 'denied':
      return { type: outcome.code, message: outcome.reason };
    default:
      return null;
  }
}
