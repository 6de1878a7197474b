/** Makes a run record of a value, with the clock, new ids, and what stands beside the record on disk. */
import { randomBytes } from 'node:crypto';
import {
  decodeRunRecord,
  HITL_QUESTIONS_TOPIC,
  normalizeRunRecord as normalize,
  topicBatches,
  type RunRecordDocument,
  type TopicLog,
  type TopicRecord,
} from '../records';
import { placeOf } from './llm-sidecar-file';

/**
 * A record from whatever a program made of it: with an id, a beginning and a status, its child runs, handoffs, questions, fixture and
 * observability.
 *
 * @throws KernelError `InvalidRunRecord`, naming the field
 */
export async function normalizeRunRecord(
  value: unknown,
  { topics, nowMs = Date.now() }: { readonly topics?: TopicLog; readonly nowMs?: number } = {},
): Promise<RunRecordDocument> {
  const questions: TopicRecord[] = [];
  if (topics !== undefined) {
    for await (const batch of topicBatches(topics, HITL_QUESTIONS_TOPIC)) questions.push(...batch);
  }
  const { persisted_path: path } = decodeRunRecord(value);
  const place = path === null ? null : await placeOf(path);
  return normalize(value, {
    nowMs,
    newId: (prefix) => `${prefix}_${uuidV7(nowMs)}`,
    questions,
    ...(place === null ? {} : { placeAt: () => place }),
  });
}

/** A UUID that begins with the time, so that ids stand in the order in which they were made. RFC 9562. */
function uuidV7(nowMs: number): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes.writeUInt8(0x70 | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
