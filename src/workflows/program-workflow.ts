/**
 * A program as a Temporal workflow: the machine's durable shell.
 *
 * An invariant that breaks throws a plain error: the workflow task fails, history stays intact, and a fixed worker goes on.
 * A domain outcome is an `ApplicationFailure` with a stable type.
 */
import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  setCurrentDetails,
  setDefaultSignalHandler,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import {
  describe,
  isKernelError,
  messageOf,
  summaryOf,
  type InterruptId,
  type Json,
  type KernelErrorCode,
  type Outcome,
  type Program,
} from '../kernel';
import {
  ACTION_FAILED_TYPE,
  ANSWER_UPDATE,
  inputOfAnswer,
  inputOfSignal,
  LOG_QUERY,
  NAMED_SIGNAL,
  PENDING_INTERRUPT_QUERY,
  RESUME_SIGNAL,
  STATE_QUERY,
  STATUS_QUERY,
  type Answer,
  type AnswerReceipt,
  type FailedRun,
  type LogPage,
  type LogRequest,
  type RunOptions,
  type RunOutcome,
  type StatusReport,
} from '../protocol';
import { chooseVersion, versionsOf } from './program-version';
import { RunSession } from './run-session';

/** The workflow of a program: its first argument is the initial state. */
export type ProgramWorkflow = (initialState?: unknown, options?: RunOptions) => Promise<RunOutcome>;

/**
 * Makes the workflow of a program. Export it from your workflows file under the program's name:
 *
 *     export const licenceAuditor = programWorkflow(program);
 *
 * A program that changes while it has runs counts up its version, and the workflow is given the earlier ones too, for as long as
 * runs of them are under way; a run keeps the version that it began with:
 *
 *     export const licenceAuditor = programWorkflow([program, earlierProgram]);
 *
 * @throws KernelError `InvalidProgram` when what is given are no versions of one program
 */
export function programWorkflow(programs: Program | readonly Program[]): ProgramWorkflow {
  const versions = versionsOf([programs].flat());
  return async (initialState = null, options = {}) => {
    const program = chooseVersion(versions, options.carried);
    assertNamed(program);
    const session = openSession(program, initialState, options);
    installSignals(session);
    installAnswer(session);
    installQueries(session);
    // The loop must hear of a cancel through the machine, at a boundary, and not as an exception in the middle of anything.
    return await CancellationScope.nonCancellable(() => drive(program, session, options));
  };
}

async function drive(program: Program, session: RunSession, options: RunOptions): Promise<RunOutcome> {
  const { machine } = session;
  for (;;) {
    // An answer's receipt goes before whatever the answer leads to.
    await condition(allHandlersFinished);
    session.throwIfBroken();
    session.settle();
    const { waiting } = machine;
    if (waiting.for === 'nothing') return conclude(session, waiting.outcome);
    if (waiting.for === 'step') {
      await continueAsNew<ProgramWorkflow>(null, { ...options, carried: session.carried() });
    }
    if (waiting.for === 'action') session.startAction(waiting);
    setCurrentDetails(detailsOf(program, session));
    await session.waitFor(waiting);
  }
}

function conclude(session: RunSession, outcome: Outcome): RunOutcome {
  const { runId, head, state } = session.machine;
  const hash = session.log.hash();
  const failed: FailedRun = { runId, head, hash };
  switch (outcome.type) {
    case 'completed':
      return { runId, head, hash, state };
    case 'failed':
      throw ApplicationFailure.create({
        type: ACTION_FAILED_TYPE,
        message: `action ${outcome.actionId} failed: ${outcome.error}`,
        nonRetryable: true,
        details: [failed],
      });
    case 'denied':
      throw ApplicationFailure.create({
        type: outcome.code,
        message: outcome.reason,
        nonRetryable: true,
        details: [failed],
      });
    case 'cancelled':
      throw new CancelledFailure('the run was cancelled', [failed]);
  }
}

/** What no worker can cure: such a run fails at once. */
const NEVER_A_RUN: readonly KernelErrorCode[] = ['InvalidInitialState', 'InvalidRunId', 'InvalidTenant'];

function openSession(program: Program, initialState: unknown, options: RunOptions): RunSession {
  try {
    return new RunSession(program, initialState, options);
  } catch (error) {
    if (!isKernelError(error) || !NEVER_A_RUN.includes(error.code)) throw error;
    throw ApplicationFailure.create({ type: error.code, message: messageOf(error), nonRetryable: true });
  }
}

function installSignals(session: RunSession): void {
  const onSignal = (signal: string, ...args: unknown[]): void => {
    session.signal(inputOfSignal(signal, args));
  };
  // The default handler comes first: signals that arrived before the run began are then delivered in their order.
  setDefaultSignalHandler(onSignal);
  setHandler(
    defineSignal<[Json, { readonly interruptId?: InterruptId }?]>(RESUME_SIGNAL),
    (...args) => {
      onSignal(RESUME_SIGNAL, ...args);
    },
    { description: 'Answers the pending interrupt. Arguments: the value, and optionally { interruptId }.' },
  );
  setHandler(
    defineSignal<[{ readonly name: string; readonly value: Json }]>(NAMED_SIGNAL),
    (...args) => {
      onSignal(NAMED_SIGNAL, ...args);
    },
    { description: 'Sends a named signal: { name, value }.' },
  );
}

function installAnswer(session: RunSession): void {
  setHandler(
    defineUpdate<AnswerReceipt, [Answer]>(ANSWER_UPDATE),
    (answer) => {
      const refusal = session.deliver(inputOfAnswer(answer));
      if (refusal !== null) throw new Error(`an accepted answer was refused: ${refusal.reason}`);
      return { seq: session.machine.head };
    },
    {
      validator: (answer) => {
        const refusal = session.refusalOf(inputOfAnswer(answer));
        if (refusal === null) return;
        throw ApplicationFailure.create({ type: refusal.code, message: refusal.reason, nonRetryable: true });
      },
      description: 'Answers the interrupt that is named: { interruptId, value }. A wrong answer is refused.',
    },
  );
}

function installQueries(session: RunSession): void {
  const { machine } = session;
  setHandler(defineQuery<StatusReport>(STATUS_QUERY), () => session.report(), {
    description: 'Where the run stands.',
  });
  setHandler(defineQuery<Json>(STATE_QUERY), () => machine.state, { description: 'The state after the last event.' });
  setHandler(
    defineQuery<{ id: InterruptId; value: Json } | null>(PENDING_INTERRUPT_QUERY),
    () => {
      const { waiting } = machine;
      return waiting.for === 'answer' ? { id: waiting.interruptId, value: waiting.interrupt.value } : null;
    },
    { description: 'What the run asks, and the id to answer with; null when it asks nothing.' },
  );
  setHandler(defineQuery<LogPage, [LogRequest?]>(LOG_QUERY), (request: LogRequest = {}) => session.log.page(request), {
    description: 'A page of the log: { from, limit }.',
  });
}

/** What a person sees of the run in the Web UI. */
function detailsOf(program: Program, { machine }: RunSession): string {
  const { waiting } = machine;
  const doing = waiting.for === 'action' ? summaryOf(program, waiting.action) : describe(waiting);
  const asks = waiting.for === 'answer' ? `\n\n\`\`\`json\n${excerpt(waiting.interrupt.value)}\n\`\`\`` : '';
  return `Event ${machine.head}: ${doing}${asks}`;
}

const DETAILS_LENGTH_MAX = 2_000;

function excerpt(value: Json): string {
  const text = JSON.stringify(value, null, 2);
  return text.length <= DETAILS_LENGTH_MAX ? text : `${text.slice(0, DETAILS_LENGTH_MAX)}…`;
}

function assertNamed(program: Program): void {
  const { workflowType } = workflowInfo();
  if (workflowType === program.name) return;
  throw new Error(
    `the workflow ${workflowType} runs the program ${program.name}: export it as ${program.name} from the workflows file`,
  );
}
