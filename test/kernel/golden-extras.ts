/** The reference's replay nouns over one fixed log of run `x`, as the golden document has them. */
import type { Event } from '../../src/kernel/event';
import { decodeEvent } from '../../src/kernel/event-wire';
import type { Json } from '../../src/kernel/json';
import { readGolden } from './golden/read-golden';

interface GoldenFork {
  readonly final_state: Json;
}

interface GoldenResume {
  readonly decision: Json;
  readonly log_prefix: number;
  readonly result: { readonly state: Json; readonly events_replayed: number; readonly idempotent: boolean };
}

interface Golden {
  readonly log: readonly unknown[];
  readonly clone: GoldenFork;
  readonly fork_at_1_alt_v99_reducer_StateUpdatedOnly: GoldenFork;
  readonly fork_at_500: GoldenFork;
  readonly fork_at_6: GoldenFork;
  readonly replay_resume_fold: readonly GoldenResume[];
  readonly replay_steps_fold: readonly { readonly event: { readonly seq: number }; readonly state: Json }[];
  readonly event_stream_hash: string;
  readonly tool_checksum: string;
  readonly tool_checksum_input: string;
}

/** What the reference printed. */
export const golden = readGolden('kernel-extras.json') as Golden;

/** The run of the golden log. */
export const GOLDEN_RUN = 'x';

/** Its events. */
export const goldenLog: readonly Event[] = golden.log.map(decodeEvent);
