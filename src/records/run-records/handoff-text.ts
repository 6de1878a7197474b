/** A handoff in words, for whoever takes it over: a model reads it. The form is the specification's. */
import type { HandoffArtifact, HandoffTargetRecord } from './handoff-record';

/** The name of whom a handoff is for. */
export function targetName({ label, id }: HandoffTargetRecord): string {
  return label ?? id ?? 'unknown';
}

/** The text of a handoff. */
export function handoffContextText(handoff: HandoffArtifact): string {
  const { target_persona_or_human: target } = handoff;
  return [
    '<handoff>',
    element('kind', handoff.kind),
    element('source_persona', handoff.source_persona),
    `<target kind="${target.kind}">${targetName(target)}</target>`,
    element('task', handoff.task),
    element('reason', handoff.reason),
    ...section('files_or_entities_touched', handoff.files_or_entities_touched),
    ...section('open_questions', handoff.open_questions),
    ...section('blocked_on', handoff.blocked_on),
    ...section('requested_capabilities', handoff.requested_capabilities),
    ...section('allowed_side_effects', handoff.allowed_side_effects),
    ...section('evidence_refs', handoff.evidence_refs.map(evidenceText)),
    ...budgetLines(handoff),
    ...deadlineLines(handoff),
    ...(handoff.confidence === null ? [] : [element('confidence', handoff.confidence.toFixed(2))]),
    ...routeLines(handoff),
    '</handoff>',
  ].join('\n');
}

function element(name: string, text: string): string {
  return `<${name}>${text}</${name}>`;
}

function section(name: string, items: readonly string[]): readonly string[] {
  return items.length === 0 ? [] : [`<${name}>`, ...items.map((item) => `- ${item}`), `</${name}>`];
}

function evidenceText({
  label,
  artifact_id: artifactId,
  path,
  uri,
  kind,
}: HandoffArtifact['evidence_refs'][number]): string {
  const named = Object.entries({ artifact_id: artifactId, path, uri, kind });
  const parts = named.flatMap(([name, value]) => (value === null ? [] : [`${name}=${value}`]));
  return [...(label === null ? [] : [label]), ...parts].join(' | ');
}

function budgetLines({ budget_remaining: budget }: HandoffArtifact): readonly string[] {
  if (budget === null) return [];
  const { tokens, tool_calls: calls, dollars } = budget;
  return [
    `<budget_remaining tokens="${tokens ?? ''}" tool_calls="${calls ?? ''}" dollars="${dollars?.toFixed(4) ?? ''}" />`,
  ];
}

function deadlineLines({ deadline_checkback: times }: HandoffArtifact): readonly string[] {
  if (times === null) return [];
  return [`<deadline_checkback deadline="${times.deadline ?? ''}" checkback_at="${times.checkback_at ?? ''}" />`];
}

function routeLines({ route_decision: route }: HandoffArtifact): readonly string[] {
  if (route === null) return [];
  const { target, matched_when: when, dispatch_kind: dispatch, selected_at: at } = route;
  return [`<route_decision target="${target}" when="${when}" dispatch="${dispatch}" selected_at="${at}" />`];
}
