/** One handoff: brought into the form that the specification wants, read out of an artifact, and merged with what is the same. */
import { hashOf, type Json } from '../../kernel';
import type { ArtifactRecord } from './artifact-record';
import {
  HandoffArtifactSchema,
  type HandoffArtifact,
  type HandoffReceiptLinkRecord,
  type HandoffTargetRecord,
} from './handoff-record';
import { targetName } from './handoff-text';
import { isEmpty, memberOf, ownOf, textIn } from './member';
import { withNumberTexts } from './number-text';
import { compactRecordText } from './record-text';

export const HANDOFF_KIND = 'handoff';
export const RUN_RECEIPT_KIND = 'run_receipt';
const HANDOFF_TYPE = 'handoff_artifact';

/** What a handoff is given where it does not say itself. */
export interface HandoffDefaults {
  readonly runId: string;
  /** A time of the run's own: a handoff must not get another time each time it is read. */
  readonly at: string;
}

/** A handoff without blanks, doubles and values out of range. One without an id keeps none: see `withHandoffId`. */
export function normalizeHandoff(handoff: HandoffArtifact, { at }: HandoffDefaults): HandoffArtifact {
  const route = handoff.route_decision;
  const normal: HandoffArtifact = {
    ...handoff,
    _type: handoff._type === '' ? HANDOFF_TYPE : handoff._type,
    kind: kindOf(handoff.kind),
    created_at: handoff.created_at === '' ? at : handoff.created_at,
    source_persona: handoff.source_persona.trim(),
    task: handoff.task.trim(),
    reason: handoff.reason.trim(),
    target_persona_or_human: normalTarget(handoff.target_persona_or_human),
    files_or_entities_touched: distinct(handoff.files_or_entities_touched),
    open_questions: distinct(handoff.open_questions),
    blocked_on: distinct(handoff.blocked_on),
    requested_capabilities: distinct(handoff.requested_capabilities),
    allowed_side_effects: distinct(handoff.allowed_side_effects),
    receipt_links: handoff.receipt_links.map(normalLink),
    confidence: handoff.confidence === null ? null : Math.min(1, Math.max(0, handoff.confidence)),
    route_decision: route && {
      ...route,
      handoff_id: textOrNull(route.handoff_id),
      handoff_kind: kindOf(route.handoff_kind),
      source_persona: route.source_persona.trim(),
      target: route.target.trim(),
      target_persona_or_human: normalTarget(route.target_persona_or_human),
      matched_when: route.matched_when.trim() || 'always',
      selected_at: route.selected_at.trim() || at,
      dispatch_kind: targetKind(route.dispatch_kind),
      dispatch_status: textOrNull(route.dispatch_status),
    },
  };
  return withNumberTexts(normal, handoff);
}

/**
 * A handoff with an id, made of what it says where it has none: the same handoff has the same id whenever it is read, and two that
 * say the same are told apart by their place.
 */
export function withHandoffId(handoff: HandoffArtifact, runId: string, taken: ReadonlySet<string>): HandoffArtifact {
  if (handoff.id !== '') return handoff;
  const text = compactRecordText(HandoffArtifactSchema, { ...handoff, receipt_links: [], parent_run_id: null });
  for (let place = 0; ; place += 1) {
    const id = `handoff_${hashOf([runId, text, place]).slice(0, 32)}`;
    if (!taken.has(id)) return withNumberTexts({ ...handoff, id }, handoff);
  }
}

/** The handoff in an artifact; null when there is none in it, or not enough of one. */
export function extractHandoffFromArtifact(
  artifact: ArtifactRecord,
  defaults: HandoffDefaults,
): HandoffArtifact | null {
  return artifact.kind === HANDOFF_KIND && artifact.data !== null ? handoffIn(artifact.data, defaults) : null;
}

/** The id of the handoff that an artifact speaks of; null when it names none. */
export function handoffIdOf(artifact: ArtifactRecord): string | null {
  if (artifact.kind !== HANDOFF_KIND) return null;
  return textIn(artifact.metadata, 'handoff_id') ?? textIn(artifact.data, 'id');
}

/** Whether two handoffs of one id can be one: neither says what the other denies. */
export function isSameHandoff(left: HandoffArtifact, right: HandoffArtifact): boolean {
  const agree = (one: string, other: string): boolean => one === '' || other === '' || one === other;
  const [to, otherTo] = [targetName(left.target_persona_or_human), targetName(right.target_persona_or_human)];
  return (
    agree(left.source_persona, right.source_persona) &&
    agree(left.task, right.task) &&
    agree(left.reason, right.reason) &&
    (to === 'unknown' || otherTo === 'unknown' || to === otherTo)
  );
}

/** A handoff with what another telling of it says, where it says nothing itself. */
export function mergeHandoffs(left: HandoffArtifact, right: HandoffArtifact): HandoffArtifact {
  const filled: Record<string, unknown> = { ...left };
  for (const [field, value] of Object.entries(right)) {
    if (isEmpty(ownOf(left, field)) && !isEmpty(value)) filled[field] = value;
  }
  const target = left.target_persona_or_human;
  filled['target_persona_or_human'] = targetName(target) === 'unknown' ? right.target_persona_or_human : target;
  filled['receipt_links'] = mergeReceiptLinks([...left.receipt_links, ...right.receipt_links]);
  filled['metadata'] = { ...right.metadata, ...left.metadata };
  return withNumberTexts(filled as HandoffArtifact, left);
}

/** Links without those that lead to the same place. */
export function mergeReceiptLinks(links: readonly HandoffReceiptLinkRecord[]): readonly HandoffReceiptLinkRecord[] {
  const seen = new Set<string>();
  return links.map(normalLink).filter(({ kind, run_id: runId, artifact_id: artifactId, path, href }) => {
    const place = JSON.stringify([kind, runId, artifactId, path, href]);
    const isNew = !seen.has(place);
    seen.add(place);
    return isNew;
  });
}

function handoffIn(value: Json, defaults: HandoffDefaults): HandoffArtifact | null {
  const type = textIn(value, '_type');
  const names = ['source_persona', 'target_persona_or_human', 'task'];
  if (type === HANDOFF_TYPE || names.every((name) => memberOf(value, name) !== undefined)) {
    return completeHandoff(value, defaults);
  }
  if (type === 'artifact' || textIn(value, 'kind') === HANDOFF_KIND) {
    const data = memberOf(value, 'data');
    return (data === undefined ? null : handoffIn(data, defaults)) ?? completeHandoff(value, defaults);
  }
  if (type !== 'agent_state_handoff') return null;
  const inner = [memberOf(value, 'handoff'), memberOf(value, 'summary')].filter((part) => part !== undefined);
  return inner.map((part) => handoffIn(part, defaults)).find((found) => found !== null) ?? null;
}

/** A handoff that says who hands what to whom, and why; null for less. */
function completeHandoff(value: Json, defaults: HandoffDefaults): HandoffArtifact | null {
  const read = HandoffArtifactSchema.safeParse(value);
  if (!read.success) return null;
  const handoff = normalizeHandoff(read.data, defaults);
  const { source_persona: source, target_persona_or_human: target, task, reason, route_decision: route } = handoff;
  const isComplete = source !== '' && targetName(target) !== 'unknown' && task !== '' && reason !== '';
  const leads = route === null || targetName(route.target_persona_or_human) !== 'unknown';
  return isComplete && leads ? handoff : null;
}

function normalTarget(target: HandoffTargetRecord): HandoffTargetRecord {
  const { kind, id, label, uri } = target;
  return { ...target, kind: targetKind(kind), id: unlessBlank(id), label: unlessBlank(label), uri: unlessBlank(uri) };
}

function normalLink(link: HandoffReceiptLinkRecord): HandoffReceiptLinkRecord {
  return {
    ...link,
    kind: link.kind.trim() === '' ? RUN_RECEIPT_KIND : link.kind,
    label: unlessBlank(link.label),
    run_id: unlessBlank(link.run_id),
    artifact_id: unlessBlank(link.artifact_id),
    path: unlessBlank(link.path),
    href: unlessBlank(link.href),
  };
}

function targetKind(kind: string): string {
  switch (kind.trim()) {
    case 'human':
      return 'human';
    case 'a2a':
    case 'external_a2a':
      return 'a2a';
    case 'worker':
    case 'queue':
      return 'worker';
    default:
      return 'persona';
  }
}

function kindOf(kind: string): string {
  return kind.trim() || HANDOFF_KIND;
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts.map((text) => text.trim()).filter((text) => text !== ''))];
}

function unlessBlank(text: string | null): string | null {
  return text === null || text.trim() === '' ? null : text;
}

function textOrNull(text: string | null): string | null {
  return text?.trim() ? text.trim() : null;
}
