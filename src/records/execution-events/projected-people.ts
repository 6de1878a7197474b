/** What a run asks of people, and what they say, as execution events. */
import { askIn, resumptionIn, type Json, type Resumption } from '../../kernel';
import type { ExecutionEventData } from './execution-event';
import { plainText, remark } from './projected-event';

/** Why a run stops for people. */
export function reasonOf(value: Json): string {
  const resumption = resumptionIn(value);
  if (resumption?.type === 'pause') {
    const { by, reason } = resumption.pause;
    return `paused${by === null ? '' : ` by ${by}`}${reason === null ? '' : `: ${reason}`}`;
  }
  return askIn(value)?.question ?? plainText(value);
}

/** What people said, other than the answer to a question of the program's own. */
export function eventsOfSaid(resumption: Resumption): readonly ExecutionEventData[] {
  const json = (data: unknown): Json => data as Json;
  switch (resumption.type) {
    case 'vote':
      return [remark('vote_received', json(resumption.vote))];
    case 'escalated':
      return [remark('escalated', json(resumption.escalated))];
    case 'steer':
      return [remark('message_received', json(resumption.steer))];
    case 'decision':
      return [{ type: 'ExecutionResumed' }, remark('decided', json(resumption.decision))];
    case 'approval':
      return [{ type: 'ExecutionResumed' }, remark('approval_settled', json(resumption.approval))];
    case 'unpause':
      return [{ type: 'ExecutionResumed' }, remark('unpaused', json(resumption.unpause))];
    case 'pause':
      return [];
  }
}
