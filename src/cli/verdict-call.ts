/** Approvals and denials: which approval is meant, and what is said of it. */
import type { KernelClient } from '../client';
import { askIn, KernelError, type InterruptId, type Json, type RunId } from '../kernel';
import { ownerOf, type InboxItem } from '../runs/run-inbox';
import { EXIT } from './exit-code';
import { TerminalError } from './failure';
import type { VerdictReceipt } from './output/receipt';
import { answererOf, type AnswerFlags } from './speaker';

/** What an approver says. */
export interface Verdict {
  readonly decision: 'approve' | 'deny';
  readonly reason?: string;
  /** The input that the action shall have instead. */
  readonly input?: Json;
}

/**
 * Says it to the approval that is named, or to the one that the run, or a run that it has started, asks for now. What is asked but is no
 * approval is never answered with a verdict.
 *
 * @throws KernelError as `KernelClient.resume`; TerminalError where it is not clear which approval is meant
 */
export async function sayVerdict(
  kernel: KernelClient,
  runId: RunId,
  verdict: Verdict,
  flags: AnswerFlags,
): Promise<VerdictReceipt> {
  const interruptId = flags.interrupt ?? (await pendingApproval(kernel, runId)).id;
  const askedBy = ownerOf(runId, interruptId);
  if (flags.interrupt !== undefined) await assertNoOtherQuestion(kernel, askedBy, interruptId);
  const { seq, again = false } = await kernel.resume(runId, verdict, { ...answererOf(flags), interruptId });
  return { runId, askedBy, interruptId, seq, again };
}

async function pendingApproval(kernel: KernelClient, runId: RunId): Promise<InboxItem> {
  const inbox = await kernel.inbox(runId);
  const own = inbox.find((item) => item.runId === runId);
  const meant = own === undefined ? inbox.filter(isApproval) : [own];
  const [only, ...more] = meant;
  if (only === undefined) {
    throw new KernelError(
      'InterruptNotPending',
      `run ${runId} and the runs that it has started ask for no approval now`,
    );
  }
  if (more.length > 0) {
    const ids = meant.slice(0, 10).map(({ id }) => id);
    throw new TerminalError(
      EXIT.refused,
      `${meant.length} runs that ${runId} has started ask for an approval`,
      `say which one is meant with --interrupt: ${ids.join(', ')}.`,
    );
  }
  if (!isApproval(only)) throw noApproval(only.id);
  return only;
}

/** An answer that comes late or twice is the run's to judge. */
async function assertNoOtherQuestion(kernel: KernelClient, owner: RunId, interruptId: InterruptId): Promise<void> {
  const pending = await kernel.pendingInterrupt(owner);
  if (pending?.id === interruptId && !isApproval(pending)) throw noApproval(interruptId);
}

function isApproval({ value }: Pick<InboxItem, 'value'>): boolean {
  return askIn(value)?.kind === 'approval';
}

function noApproval(interruptId: InterruptId): TerminalError {
  const advice = '`temporal-kernel show RUN` shows the question; answer it with `temporal-kernel answer`.';
  return new TerminalError(EXIT.refused, `interrupt ${interruptId} is a question, and no approval`, advice);
}
