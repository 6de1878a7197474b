/**
 * Brings a run's handoffs in step: every handoff has an artifact that says the same, and every artifact of a handoff is one of the
 * run's handoffs.
 *
 * Guarantees: no handoff is lost, whether it has an id or shares one; doing it twice is doing it once; a handoff has one receipt for the
 * run, which says where the record is now.
 */
import type { ArtifactRecord } from './artifact-record';
import {
  extractHandoffFromArtifact,
  HANDOFF_KIND,
  handoffIdOf,
  isSameHandoff,
  mergeHandoffs,
  mergeReceiptLinks,
  normalizeHandoff,
  RUN_RECEIPT_KIND,
  withHandoffId,
} from './handoff';
import { HandoffArtifactSchema, type HandoffArtifact, type HandoffReceiptLinkRecord } from './handoff-record';
import { handoffContextText, targetName } from './handoff-text';
import { compareTimes } from './hitl-questions';
import { withNumberTexts } from './number-text';
import { parseRecordJson } from './record-json';
import { compactRecordText, compareBytes } from './record-text';
import type { RunRecordDocument } from './run-record';

/** Where an artifact stands that has no priority of its own: before most. */
const HANDOFF_PRIORITY = 85;

/** Characters that are taken for one token. */
const CHARACTERS_PER_TOKEN = 4;

/** The run with its handoffs and their artifacts in step. */
export function syncRunHandoffs(run: RunRecordDocument): RunRecordDocument {
  const defaults = { runId: run.id, at: (run.finished_at ?? run.started_at).trim() };
  const gathered = new Gathered(run.id);
  for (const handoff of run.handoffs) gathered.add(normalizeHandoff(handoff, defaults));
  const artifacts = [...run.artifacts];
  const places = new Map<string, number>();
  for (const [place, artifact] of artifacts.entries()) {
    const found = extractHandoffFromArtifact(artifact, defaults);
    const id = found === null ? handoffIdOf(artifact) : gathered.add(found);
    if (id !== null) places.set(id, place);
  }
  const handoffs = gathered.inOrder().map((handoff) => withReceipt(handoff, run));
  for (const handoff of handoffs) {
    const place = places.get(handoff.id);
    const existing = place === undefined ? undefined : artifacts[place];
    if (place === undefined || existing === undefined) artifacts.push(artifactOf(handoff, null));
    else artifacts[place] = artifactOf(handoff, existing);
  }
  return withNumberTexts({ ...run, artifacts, handoffs }, run);
}

/** The handoffs that were found, each under an id of its own. */
class Gathered {
  readonly #runId: string;
  readonly #byId = new Map<string, HandoffArtifact>();

  constructor(runId: string) {
    this.#runId = runId;
  }

  /** @returns the id that the handoff has now */
  add(handoff: HandoffArtifact): string {
    const named = withHandoffId(handoff, this.#runId, new Set(this.#byId.keys()));
    for (let twin = 1; ; twin += 1) {
      const id = twin === 1 ? named.id : `${named.id}~${twin}`;
      const known = this.#byId.get(id);
      if (known !== undefined && !isSameHandoff(known, named)) continue;
      this.#byId.set(id, known === undefined ? { ...named, id } : mergeHandoffs(known, { ...named, id }));
      return id;
    }
  }

  inOrder(): readonly HandoffArtifact[] {
    return [...this.#byId.values()].sort(
      (left, right) => compareTimes(left.created_at, right.created_at) || compareBytes(left.id, right.id),
    );
  }
}

function withReceipt(handoff: HandoffArtifact, run: RunRecordDocument): HandoffArtifact {
  const receipt: HandoffReceiptLinkRecord = {
    kind: RUN_RECEIPT_KIND,
    label: run.workflow_name ?? run.workflow_id,
    run_id: run.id,
    artifact_id: null,
    path: run.persisted_path,
    href: null,
  };
  const others = handoff.receipt_links.filter((link) => {
    const isOfThisRun = link.kind === RUN_RECEIPT_KIND && link.run_id === run.id;
    return !isOfThisRun || link.artifact_id !== null || link.href !== null;
  });
  return withNumberTexts(
    {
      ...handoff,
      parent_run_id: handoff.parent_run_id ?? run.id,
      receipt_links: mergeReceiptLinks([...others, receipt]),
    },
    handoff,
  );
}

/** The artifact of a handoff. */
function artifactOf(handoff: HandoffArtifact, existing: ArtifactRecord | null): ArtifactRecord {
  const { target_persona_or_human: target } = handoff;
  const text = handoffContextText(handoff);
  const artifact: ArtifactRecord = {
    ...existing,
    _type: 'artifact',
    id: existing?.id ?? `artifact_${handoff.id}`,
    kind: HANDOFF_KIND,
    title: existing?.title ?? `Handoff to ${targetName(target)}`,
    text,
    // As it is printed, so that a value in an artifact is the record that it is a copy of.
    data: parseRecordJson(compactRecordText(HandoffArtifactSchema, handoff)),
    source: existing?.source ?? handoff.source_persona,
    created_at: existing?.created_at ?? handoff.created_at,
    freshness: existing?.freshness ?? 'fresh',
    priority: existing?.priority ?? HANDOFF_PRIORITY,
    lineage: existing?.lineage ?? [],
    relevance: handoff.confidence ?? 1,
    estimated_tokens: Math.ceil(text.length / CHARACTERS_PER_TOKEN),
    stage: existing?.stage ?? null,
    metadata: {
      ...existing?.metadata,
      handoff_id: handoff.id,
      handoff_kind: handoff.kind,
      target_kind: target.kind,
      target_label: targetName(target),
    },
  };
  return existing === null ? artifact : withNumberTexts(artifact, existing);
}
