/**
 * Forks of runs on Temporal: where a new run begins, when it goes on from another one's past in its own way.
 *
 * A fork begins with the state that the source had at a boundary between two steps, and with what it had spent. So nothing that happened
 * before is done again, and the source is only read. What the source had not read yet (signals, answers that waited) is not handed on.
 */
import {
  canonicalJson,
  KernelError,
  Machine,
  type ActionResult,
  type Input,
  type Json,
  type Program,
  type RunFork,
  type Seq,
  type StoredLog,
  type StoredRun,
} from '../kernel';

/** What the fork has instead of what came next in the source. */
export type ForkAlternate =
  | { readonly type: 'answer'; readonly value: unknown; readonly by?: string; readonly roles?: readonly string[] }
  | { readonly type: 'result'; readonly result: ActionResult };

/** Where a new run begins. */
export interface ForkStart {
  readonly initialState: Json;
  readonly forkedFrom: RunFork;
}

/**
 * Where a fork begins: at the seq, or at the last boundary before it where the source was inside of a step there. With an
 * alternate it begins behind it.
 *
 * @param entries the source's log, from seq 1
 * @throws KernelError `SeqBeyondLog`, `IllegalAlternate`; why an alternate answer is refused
 */
export function forkStartOf(
  program: Program,
  run: StoredRun,
  entries: readonly StoredLog[],
  at: Seq,
  alternate: ForkAlternate | null,
): ForkStart {
  if (!Number.isSafeInteger(at) || at < 0 || at > entries.length) {
    throw new KernelError('SeqBeyondLog', `run ${run.runId} has no seq ${at}: its log ends at ${entries.length}`);
  }
  const from = {
    runId: run.runId,
    head: 0,
    state: run.initialState,
    spent: run.forkedFrom?.spent ?? { toolCalls: 0, llmTokens: 0, unmeteredLlmCalls: 0 },
    starter: run.startedBy ?? undefined,
  };
  const events = entries.map(({ eventIndex: seq, event }) => ({ seq, event }));
  const machineAt = (seq: Seq): Machine => Machine.replay(program, from, events.slice(0, seq));
  let seq = at;
  let machine = machineAt(at);
  if (alternate !== null) deliver(machine, alternate);
  while (machine.waiting.for !== 'step' || machine.waiting.approvals !== undefined) {
    if (machine.waiting.for === 'nothing' && seq === entries.length && at === seq) {
      throw new KernelError('RunFinished', `run ${run.runId} has ended at seq ${at}: fork it at an earlier one`);
    }
    seq -= 1;
    machine = machineAt(seq);
  }
  const { spent, state } = machine.checkpoint();
  const again = program.initialState(state);
  if (canonicalJson(again) !== canonicalJson(state)) {
    throw new KernelError('InvalidInitialState', `${program.name} can't begin with the state at seq ${seq} as it is`);
  }
  const hash = entries[seq - 1]?.hash ?? run.genesisHash;
  return { initialState: state, forkedFrom: { runId: run.runId, seq, hash, spent } };
}

function deliver(machine: Machine, alternate: ForkAlternate): void {
  const { waiting } = machine;
  const illegal = (reason: string): never => {
    throw new KernelError('IllegalAlternate', `no alternate for this fork point: ${reason}`);
  };
  let input: Input;
  if (alternate.type === 'answer') {
    if (waiting.for !== 'answer') return illegal('nothing is asked there');
    if (waiting.ballot?.ask.asker === 'policy') return illegal('the fork asks for the approval again: answer it there');
    const { value, by = null, roles = [] } = alternate;
    input = { type: 'resume', value, interruptId: waiting.interruptId, by, roles };
  } else {
    if (waiting.for !== 'action') return illegal('no action is waited for there, or several are');
    input = { type: 'result', actionId: waiting.actionId, result: alternate.result };
  }
  const refusal = machine.deliver(input);
  if (refusal !== null) throw new KernelError(refusal.code, refusal.reason);
  if (machine.waiting.for === 'step') return;
  illegal(
    machine.waiting.for === 'nothing' ? 'the run would end with it' : 'one answer does not settle what is asked there',
  );
}
