/**
 * A program as a Temporal workflow: the machine's durable shell.
 *
 * An invariant that breaks throws a plain error: the workflow task fails, history stays intact, and a fixed worker goes on.
 * A domain outcome is an `ApplicationFailure` with a stable type.
 */
import {
  allHandlersFinished,
  ApplicationFailure,
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
  askIn,
  describe,
  isKernelError,
  messageOf,
  pendingActionsOf,
  summaryOf,
  type Input,
  type Json,
  type KernelErrorCode,
  type Outcome,
  type Program,
} from '../kernel';
import {
  ACTION_FAILED_TYPE,
  ANSWER_UPDATE,
  CONTROL_UPDATE,
  inputOfAnswer,
  inputOfControl,
  inputOfSignal,
  LOG_QUERY,
  NAMED_SIGNAL,
  PAUSE_SIGNAL,
  PENDING_INTERRUPT_QUERY,
  RESUME_SIGNAL,
  STATE_QUERY,
  STATUS_QUERY,
  STEER_SIGNAL,
  UNPAUSE_SIGNAL,
  type AnswerReceipt,
  type FailedRun,
  type LogPage,
  type LogRequest,
  type PendingInterrupt,
  type RunOptions,
  type RunOutcome,
  type StatusReport,
} from '../protocol';
import { turns } from './delivery-turns';
import { chooseVersion, versionsOf } from './program-version';
import { DELIVERY_TURNS, RunSession } from './run-session';

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
    installSignals(program, session);
    installUpdates(program, session);
    installQueries(session);
    // The loop must hear of a cancel through the machine, at a boundary, and not as an exception in the middle of anything.
    return await session.inActions(() => drive(program, session, options));
  };
}

async function drive(program: Program, session: RunSession, options: RunOptions): Promise<RunOutcome> {
  const { machine } = session;
  await everythingDelivered();
  for (;;) {
    // An answer's receipt goes before whatever the answer leads to. (A condition that holds already would cost eight promises.)
    if (!allHandlersFinished()) {
      await session.shielded(() => condition(allHandlersFinished));
      await everythingDelivered();
    }
    session.throwIfBroken();
    session.settle();
    const { waiting } = machine;
    if (session.endAlarm()) {
      await everythingDelivered();
      continue;
    }
    if (waiting.for === 'nothing') return conclude(session, waiting.outcome);
    if (waiting.for === 'step') {
      await continueAsNew<ProgramWorkflow>(null, { ...options, carried: session.carried() });
    }
    session.startAlarm();
    session.startActions();
    // What was told to stop may have stopped at once.
    if (session.isStopping) await everythingDelivered();
    if (machine.waiting !== waiting) continue;
    setCurrentDetails(detailsOf(program, session));
    await session.change(waiting);
  }
}

/** Lets all that an activation brings reach the machine. */
function everythingDelivered(): PromiseLike<undefined> {
  return turns(DELIVERY_TURNS);
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
const NEVER_A_RUN: readonly KernelErrorCode[] = [
  'InvalidInitialState',
  'InvalidRunId',
  'InvalidRunOptions',
  'InvalidTenant',
];

function openSession(program: Program, initialState: unknown, options: RunOptions): RunSession {
  try {
    return new RunSession(program, initialState, options);
  } catch (error) {
    if (!isKernelError(error) || !NEVER_A_RUN.includes(error.code)) throw error;
    throw ApplicationFailure.create({ type: error.code, message: messageOf(error), nonRetryable: true });
  }
}

function installSignals(program: Program, session: RunSession): void {
  const onSignal = (signal: string, ...args: unknown[]): void => {
    session.signal(inputOfSignal(program, signal, args));
  };
  // The default handler comes first: signals that arrived before the run began are then delivered in their order.
  setDefaultSignalHandler(onSignal);
  const install = (signal: string, description: string): void => {
    setHandler(
      defineSignal<unknown[]>(signal),
      (...args) => {
        onSignal(signal, ...args);
      },
      { description },
    );
  };
  install(RESUME_SIGNAL, 'Answers the pending interrupt: the value, and optionally { interruptId, by, roles, id }.');
  install(NAMED_SIGNAL, 'Sends a named signal: { name, value }.');
  install(PAUSE_SIGNAL, 'Stops the run at its next boundary: optionally { by, reason, id }.');
  install(UNPAUSE_SIGNAL, 'Lets a paused run go on: optionally { by, id }.');
  install(STEER_SIGNAL, 'Puts a message in at the next boundary: the message, and optionally { by, id }.');
}

function installUpdates(program: Program, session: RunSession): void {
  const install = (update: string, inputOf: (argument: unknown) => Input | null, description: string): void => {
    setHandler(
      defineUpdate<AnswerReceipt, [unknown]>(update),
      (argument) => {
        const input = inputOf(argument);
        const refusal = input === null ? null : session.deliver(input);
        if (refusal !== null) throw new Error(`an accepted ${update} was refused: ${refusal.reason}`);
        return { seq: session.machine.head };
      },
      {
        validator: (argument) => {
          const input = inputOf(argument);
          const refusal =
            input === null
              ? { code: 'InvalidAnswer', reason: `${JSON.stringify(argument)} is nothing that ${program.name} knows` }
              : session.refusalOf(input);
          if (refusal === null) return;
          throw ApplicationFailure.create({ type: refusal.code, message: refusal.reason, nonRetryable: true });
        },
        description,
      },
    );
  };
  install(
    ANSWER_UPDATE,
    inputOfAnswer,
    'Answers the interrupt that is named: { interruptId, value, by, roles, id }. A wrong answer is refused.',
  );
  install(
    CONTROL_UPDATE,
    inputOfControl,
    'Pauses the run, lets it go on, or puts a message in: { type: "pause" | "unpause" | "steer", message, by, reason, id }.',
  );
}

function installQueries(session: RunSession): void {
  const { machine } = session;
  setHandler(defineQuery<StatusReport>(STATUS_QUERY), () => session.report(), {
    description: 'Where the run stands.',
  });
  setHandler(defineQuery<Json>(STATE_QUERY), () => machine.state, { description: 'The state after the last event.' });
  setHandler(defineQuery<PendingInterrupt | null>(PENDING_INTERRUPT_QUERY), () => session.pending(), {
    description: 'What the run asks, and the id to answer with; null when it asks nothing.',
  });
  setHandler(defineQuery<LogPage, [LogRequest?]>(LOG_QUERY), (request: LogRequest = {}) => session.log.page(request), {
    description: 'A page of the log: { from, limit }.',
  });
}

/** What a person sees of the run in the Web UI. */
function detailsOf(program: Program, { machine }: RunSession): string {
  const { waiting } = machine;
  const actions = pendingActionsOf(waiting).map(({ action }) => summaryOf(program, action));
  const doing = actions.length === 0 ? describe(waiting) : actions.join('; ');
  if (waiting.for !== 'answer') return `Event ${machine.head}: ${doing}`;
  const ask = askIn(waiting.interrupt.value);
  const asks = `\n\n\`\`\`json\n${excerpt(waiting.interrupt.value)}\n\`\`\``;
  return `Event ${machine.head}: ${doing}${ask === null ? '' : `\n\n**${ask.question}** ${ask.reason ?? ''}`}${asks}`;
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
