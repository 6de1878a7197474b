/**
 * A program as a Temporal workflow: the machine's durable shell.
 *
 * An invariant that breaks throws a plain error: the workflow task fails, history stays intact, and a fixed worker goes on.
 * A domain outcome is an `ApplicationFailure` with a stable type.
 */
import {
  ApplicationFailure,
  defineQuery,
  defineSignal,
  defineUpdate,
  setDefaultSignalHandler,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { isKernelError, messageOf, type Input, type Json, type KernelErrorCode, type Program } from '../kernel';
import { letTrapsStay } from '../kernel/determinism-guard';
import {
  ANSWER_UPDATE,
  asksForHash,
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
  type LogPage,
  type LogRequest,
  type PendingInterrupt,
  type RunOptions,
  type RunOutcome,
  type StatusReport,
} from '../protocol';
import { chooseVersion, versionsOf } from './program-version';
import { RunLoop } from './run-loop';
import { RunSession } from './run-session';
import { untraced } from './untraced';

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
    letTrapsStay();
    const program = chooseVersion(versions, options.carried);
    assertNamed(program);
    const session = untraced(() => openSession(program, initialState, options));
    installSignals(program, session);
    installUpdates(program, session);
    installQueries(session);
    // The loop must hear of a cancel through the machine, at a boundary, and not as an exception in the middle of anything.
    return await new RunLoop(program, session, options).run();
  };
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
        return session.receipt(update === ANSWER_UPDATE && asksForHash(argument));
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
    'Answers the interrupt that is named: { interruptId, value, by, roles, id, receipt: "hash" }. A wrong answer is refused.',
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

function assertNamed(program: Program): void {
  const { workflowType } = workflowInfo();
  if (workflowType === program.name) return;
  throw new Error(
    `the workflow ${workflowType} runs the program ${program.name}: export it as ${program.name} from the workflows file`,
  );
}
