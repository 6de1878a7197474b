/** Says whether a run takes an input, as it stands, and what the input's value becomes in the log. Changes nothing. */
import { encodeAction, decodeAction } from './action';
import { ASK_LIST_MAX, hasSameRules } from './ask';
import { alarmOf, barOf, editedAction, type Ballot } from './ballot';
import { guarded } from './determinism-guard';
import { isKernelError, KernelError, messageOf, type KernelErrorCode } from './error';
import { sealJson, type Json } from './json';
import type { Input, Refusal, Speaker } from './machine-input';
import type { Standing } from './machine-standing';
import type { Checked, Program } from './program';
import { readAnswerOf } from './replay-program';
import { readVerdict } from './verdict';
import { describe, isPaused, pendingActionsOf, type Waiting } from './waiting';

/** Inputs that may wait unread; more are refused. */
export const UNREAD_INPUTS_MAX = 1_000;

/** Longest name of a person, a role or an input, in UTF-16 units. */
export const SPEAKER_LENGTH_MAX = 200;

/** Longest reason of a pause, in UTF-16 units. */
export const PAUSE_REASON_LENGTH_MAX = 1_000;

/** The value that the log gets, or why the input is refused. */
export type Examined = { readonly value: Json } | { readonly refusal: Refusal };

const NOTHING: Examined = { value: null };

/**
 * Examines an input.
 *
 * @throws KernelError `Driver` for the result of an action that the run does not wait for: that is the shell's mistake
 */
export function examineInput(program: Program, standing: Standing, input: Input): Examined {
  const { waiting, cancelling } = standing;
  if (waiting.for === 'nothing') return refuse('RunFinished', `the run has ended: ${waiting.outcome.type}`);
  switch (input.type) {
    case 'cancel':
      return NOTHING;
    case 'result':
      if (isAwaited(standing, input.actionId)) return NOTHING;
      throw new KernelError('Driver', `a result for ${input.actionId}, but the run waits for ${describe(waiting)}`);
    case 'elapsed':
      return examineMoment(waiting, input);
    case 'signal':
      return cancelling ? beingCancelled() : examineSignal(program, standing, input);
    case 'resume':
    case 'pause':
    case 'unpause':
    case 'steer':
      return cancelling ? beingCancelled() : (examineSpeaker(standing, input) ?? examineSaid(program, standing, input));
  }
}

function isAwaited({ waiting, collected }: Standing, actionId: string): boolean {
  return (
    pendingActionsOf(waiting).some((pending) => pending.actionId === actionId && pending.denied === undefined) &&
    !collected.some((other) => other.actionId === actionId)
  );
}

function examineMoment(waiting: Waiting, { interruptId, stage }: Extract<Input, { type: 'elapsed' }>): Examined {
  const ballot = waiting.for === 'answer' && waiting.interruptId === interruptId ? waiting.ballot : undefined;
  if (ballot !== undefined && alarmOf(ballot)?.stage === stage) return NOTHING;
  return refuse('InterruptNotPending', `interrupt ${interruptId} does not wait for that moment`);
}

/** Whether what somebody says may be looked at; null when it may. */
function examineSpeaker({ taken }: Standing, { by, roles = [], id }: Speaker): Examined | null {
  const isName = (name: unknown): boolean =>
    typeof name === 'string' && name !== '' && name.length <= SPEAKER_LENGTH_MAX && name.isWellFormed();
  if (roles.length > ASK_LIST_MAX) return refuse('InvalidAnswer', `nobody has more than ${ASK_LIST_MAX} roles`);
  for (const name of [by ?? 'nobody', id ?? 'none', ...roles]) {
    if (!isName(name))
      return refuse('InvalidAnswer', `who says so, and its id, are texts of 1 to ${SPEAKER_LENGTH_MAX}`);
  }
  if (id === undefined || !taken.includes(id)) return null;
  return refuse('AlreadyTaken', `${id} was taken before: it counts once`);
}

function examineSaid(
  program: Program,
  standing: Standing,
  input: Extract<Input, { type: 'resume' | 'pause' | 'unpause' | 'steer' }>,
): Examined {
  const { waiting, pausing } = standing;
  switch (input.type) {
    case 'resume':
      return examineResume(program, standing, input);
    case 'pause': {
      if (pausing !== null || isPaused(waiting)) return refuse('AlreadyPaused', 'the run is paused already');
      const reason = input.reason ?? null;
      if (reason === null || (reason.length <= PAUSE_REASON_LENGTH_MAX && reason.isWellFormed())) return NOTHING;
      return refuse('InvalidAnswer', `the reason of a pause has at most ${PAUSE_REASON_LENGTH_MAX} characters`);
    }
    case 'unpause':
      return pausing !== null || isPaused(waiting) ? NOTHING : refuse('NotPaused', 'the run is not paused');
    case 'steer': {
      if (program.readSteering === undefined) {
        return refuse('NotSteerable', `${program.name} takes no messages: it defines no \`steering\``);
      }
      const message = program.readSteering(input.message);
      if (!message.ok) return refuse('InvalidSteering', `the message is refused: ${message.reason}`);
      return waiting.for === 'step' ? message : roomFor(standing, message.value);
    }
  }
}

function examineResume(program: Program, standing: Standing, input: Extract<Input, { type: 'resume' }>): Examined {
  const { waiting } = standing;
  const { interruptId } = input;
  const paused = isPaused(waiting);
  if (interruptId !== undefined && (paused || !(waiting.for === 'answer' && waiting.interruptId === interruptId))) {
    return refuse(
      'InterruptNotPending',
      `interrupt ${interruptId} is not pending: the run waits for ${describe(waiting)}`,
    );
  }
  if (waiting.for === 'answer' && waiting.ballot !== undefined) {
    return examineVote(program, standing, waiting.ballot, input);
  }
  const answer = readAnswerOf(program, input.value);
  if (!answer.ok) return refuse('InvalidAnswer', `the answer is refused: ${answer.reason}`);
  return paused || pendingActionsOf(waiting).length > 0 ? roomFor(standing, answer.value) : answer;
}

function examineVote(
  program: Program,
  standing: Standing,
  ballot: Ballot,
  { by = null, roles = [], value: given }: Extract<Input, { type: 'resume' }>,
): Examined {
  const bar = barOf(ballot, standing.starter, { by, roles });
  if (bar !== null) return refuse(bar.code, bar.reason);
  const answer = readVote(program, standing, ballot, given);
  return answer.ok ? answer : refuse('InvalidAnswer', `the answer is refused: ${answer.reason}`);
}

function readVote(program: Program, standing: Standing, ballot: Ballot, given: unknown): Checked {
  const { ask } = ballot;
  let value: Json;
  try {
    value = sealJson(given);
  } catch (error) {
    return { ok: false, reason: messageOf(error) };
  }
  switch (ask.kind) {
    case 'question':
      if (ask.form === undefined) return readAnswerOf(program, value);
      return program.readForm?.(ask.form, value) ?? { ok: false, reason: `there is no form ${ask.form}` };
    case 'choice':
      if (typeof value === 'string' && ask.options?.includes(value) === true) return { ok: true, value };
      return { ok: false, reason: `it must be one of ${(ask.options ?? []).join(', ')}` };
    case 'approval': {
      const verdict = readVerdict(value);
      if (verdict === null) {
        return { ok: false, reason: 'it must be "approve", "deny", or { decision, reason, input }' };
      }
      if (verdict.input !== undefined) {
        const reason = whyNot(program, standing, ballot, verdict.input);
        if (reason !== null) return { ok: false, reason };
      }
      return { ok: true, value: verdict as unknown as Json };
    }
  }
}

/** Why an action may not have another input; null when it may. */
function whyNot(program: Program, { runId, spent }: Standing, { ask, proposal }: Ballot, input: Json): string | null {
  if (proposal === null) return 'there is no action to edit';
  try {
    const action = decodeAction(editedAction(proposal, input));
    if (!('input' in action))
      return `the input of ${Object.keys(encodeAction(action) as object).join()} can't be edited`;
    program.checkAction(action);
    const authorization = guarded('policy', () => program.policy.authorize(runId, action, { spent }));
    if (authorization.type === 'deny') return authorization.reason;
    // Whoever may approve the one may not smuggle in another, for which others are asked.
    const isAskedSo =
      authorization.type === 'allow' || ask.asker === 'program' || hasSameRules(ask, authorization.rules ?? {});
    return isAskedSo
      ? null
      : 'with that input the action needs another approval: deny it, so that it is asked for anew';
  } catch (error) {
    if (isKernelError(error)) return messageOf(error);
    throw error;
  }
}

function examineSignal(program: Program, standing: Standing, input: Extract<Input, { type: 'signal' }>): Examined {
  const { waiting } = standing;
  const { name, value } = input;
  const declared = program.awaitsSignal(name);
  const awaited = waiting.for === 'action' && waiting.action.type === 'WaitSignal' && waiting.action.name === name;
  if (!declared && !awaited && waiting.for === 'answer' && waiting.ballot !== undefined) {
    return examineVote(program, standing, waiting.ballot, { type: 'resume', value });
  }
  const signal = declared || awaited ? program.readSignal(name, value) : readAnswerOf(program, value);
  if (!signal.ok) return refuse('InvalidSignal', `signal ${name} is refused: ${signal.reason}`);
  const isBusy = isPaused(waiting) || pendingActionsOf(waiting).length > 0;
  const isReadAtOnce = awaited || (!declared && !isBusy);
  return isReadAtOnce ? signal : roomFor(standing, signal.value);
}

/** Only what has to wait needs room: a full inbox must not keep out the very input that the run waits for. */
function roomFor({ inbox, signals }: Standing, value: Json): Examined {
  if (inbox.length + signals.length < UNREAD_INPUTS_MAX) return { value };
  return refuse('TooManyUnread', `${UNREAD_INPUTS_MAX} inputs are unread: send again when the run went on`);
}

function beingCancelled(): Examined {
  return refuse('RunFinished', 'the run is being cancelled');
}

function refuse(code: KernelErrorCode, reason: string): Examined {
  return { refusal: { code, reason } };
}
