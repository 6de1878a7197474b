/** Verdicts: what an approver says of what is proposed. */
import { isPlainObject, type Json } from './json';

/** What an approver says. */
export interface Verdict {
  readonly decision: 'approve' | 'deny';
  readonly reason: string | null;
  /** The input that the action shall have instead. */
  readonly input?: Json;
}

/** What an approver may write: a verdict, or `true`, `false`, `"approve"`, `"deny"`. Null when it is none of these. */
export function readVerdict(value: Json): Verdict | null {
  if (value === true || value === 'approve') return { decision: 'approve', reason: null };
  if (value === false || value === 'deny') return { decision: 'deny', reason: null };
  if (!isPlainObject(value)) return null;
  const member = (key: string): Json | undefined => (Object.hasOwn(value, key) ? value[key] : undefined);
  const [decision, reason, input] = [member('decision'), member('reason') ?? null, member('input')];
  if ((decision !== 'approve' && decision !== 'deny') || (reason !== null && typeof reason !== 'string')) return null;
  if (decision === 'deny' && input !== undefined) return null;
  if (Object.keys(value).some((key) => !['decision', 'reason', 'input'].includes(key))) return null;
  return { decision, reason, ...(input === undefined ? {} : { input }) };
}
