/** What came of a scenario, wherever it was to be played. */
import type { Scenario } from '../scenario-document';
import type { Verdict } from '../verdict';
import type { LeftOutId } from './left-out';

export type Judgement =
  | { readonly scenario: Scenario; readonly type: 'played'; readonly verdict: Verdict }
  /** It is about what can't happen there. */
  | { readonly scenario: Scenario; readonly type: 'left out'; readonly id: LeftOutId }
  | { readonly scenario: Scenario; readonly type: 'unplayable'; readonly reason: string };
