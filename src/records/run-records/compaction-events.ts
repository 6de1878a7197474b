/** Compactions: where a transcript was made shorter, as the transcript itself tells. */
import type { Json } from '../../kernel';
import { countIn, elementsIn, memberOf, textIn } from './member';
import type { CompactionEventRecord } from './observability-record';

/** Where a transcript is. */
export interface TranscriptPlace {
  readonly stageId: string | null;
  readonly nodeId: string | null;
  /** Such as `run.transcript`. */
  readonly location: string;
  /** The file that the record is in; null when it is in none. */
  readonly path: string | null;
}

/** The compactions in a transcript, in its order. */
export function compactionEventsFromTranscript(
  transcript: Json,
  { stageId, nodeId, location, path }: TranscriptPlace,
): readonly CompactionEventRecord[] {
  const assets = new Set(elementsIn(transcript, 'assets').map((asset) => textIn(asset, 'id')));
  const compactions = elementsIn(transcript, 'events').filter((event) => textIn(event, 'kind') === 'compaction');
  return compactions.map((event) => {
    const metadata = memberOf(event, 'metadata');
    const assetId = textIn(metadata, 'snapshot_asset_id');
    return {
      id: textIn(event, 'id') ?? '',
      transcript_id: textIn(transcript, 'id'),
      stage_id: stageId,
      node_id: nodeId,
      mode: textIn(metadata, 'mode') ?? '',
      strategy: textIn(metadata, 'strategy') ?? '',
      archived_messages: countIn(metadata, 'archived_messages'),
      estimated_tokens_before: countIn(metadata, 'estimated_tokens_before'),
      estimated_tokens_after: countIn(metadata, 'estimated_tokens_after'),
      snapshot_asset_id: assetId,
      snapshot_location: assetId === null ? location : `${location}.assets[${assetId}]`,
      snapshot_path: path,
      available: assetId !== null && assets.has(assetId),
      instruction_mode: textIn(metadata, 'instruction_mode') ?? '',
      instruction_source: textIn(metadata, 'instruction_source'),
      compaction_policy: memberOf(metadata, 'compaction_policy') ?? null,
    };
  });
}
