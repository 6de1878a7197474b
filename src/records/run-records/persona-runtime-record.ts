/** A persona that took part in a run. Source: Harn, `RunPersonaRuntimeRecord` and `PersonaBudgetStatus`. */
import { z } from 'zod';
import {
  Flag,
  Float,
  list,
  OptionalCount,
  OptionalFloat,
  OptionalJson,
  OptionalText,
  record,
  Text,
  Count,
} from './record-shape';

/** In US dollars, where nothing else is said. */
const PersonaBudgetStatus = record({
  daily_usd: OptionalFloat,
  hourly_usd: OptionalFloat,
  run_usd: OptionalFloat,
  max_tokens: OptionalCount,
  spent_today_usd: Float,
  spent_this_hour_usd: Float,
  spent_last_run_usd: Float,
  tokens_today: Count,
  remaining_today_usd: OptionalFloat,
  remaining_hour_usd: OptionalFloat,
  exhausted: Flag,
  reason: OptionalText,
  last_receipt_id: OptionalText,
});

export const RunPersonaRuntimeRecordSchema = record({
  name: Text,
  role: Text,
  template_ref: OptionalText,
  state: Text,
  entry_workflow: Text,
  current_assignment: OptionalJson,
  queued_work: list(z.unknown()),
  handoff_inbox: list(z.unknown()),
  budget: PersonaBudgetStatus.prefault({}),
  value_receipts: list(z.unknown()),
  last_run: OptionalText,
  last_error: OptionalText,
});

export type RunPersonaRuntimeRecord = z.output<typeof RunPersonaRuntimeRecordSchema>;
