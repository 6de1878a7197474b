/** Something that a stage made: a summary, a diff, a handoff. Source: Harn, `ArtifactRecord`. */
import type { z } from 'zod';
import {
  JsonMap,
  OptionalCount,
  OptionalFloat,
  OptionalJson,
  OptionalText,
  OptionalWhole,
  record,
  Text,
  Texts,
} from './record-shape';

export const ArtifactRecordSchema = record({
  _type: Text,
  id: Text,
  kind: Text,
  title: OptionalText,
  text: OptionalText,
  data: OptionalJson,
  source: OptionalText,
  created_at: Text,
  freshness: OptionalText,
  priority: OptionalWhole,
  lineage: Texts,
  relevance: OptionalFloat,
  estimated_tokens: OptionalCount,
  stage: OptionalText,
  metadata: JsonMap,
});

export type ArtifactRecord = z.output<typeof ArtifactRecordSchema>;
