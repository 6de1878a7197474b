/** The verbs, in the order in which `--help` lists them. A new one is a file here and a line in this list. */
import type { Verb } from '../verb';
import { answer } from './answer';
import { cancel } from './cancel';
import { diff } from './diff';
import { doctor } from './doctor';
import { events } from './events';
import { exportVerb } from './export';
import { mirror } from './mirror';
import { pending } from './pending';
import { programs } from './programs';
import { replay } from './replay';
import { runs } from './runs';
import { show } from './show';
import { start } from './start';
import { state } from './state';
import { timeline } from './timeline';
import { verify } from './verify';
import { watch } from './watch';

export const VERBS: readonly Verb[] = [
  programs,
  start,
  runs,
  show,
  watch,
  events,
  timeline,
  state,
  diff,
  pending,
  answer,
  cancel,
  replay,
  verify,
  exportVerb,
  mirror,
  doctor,
];
