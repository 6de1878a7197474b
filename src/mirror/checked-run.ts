/** What a run's history is held against. */
import type { Program, TenantId } from '../kernel';
import type { HistoryDecoder } from './history-decoder';

export interface CheckedRun {
  readonly program: Program;
  readonly tenant: TenantId;
  /** Who started the run; null where nobody is known. */
  readonly starter: string | null;
  readonly decoder: HistoryDecoder;
}
