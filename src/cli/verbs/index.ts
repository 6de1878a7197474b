/** The verbs, in the order in which `--help` lists them. A new one is a file here and a line in this list. */
import type { Verb } from '../verb';
import { answer } from './answer';
import { approve } from './approve';
import { cancel } from './cancel';
import { deny } from './deny';
import { diff } from './diff';
import { doctor } from './doctor';
import { events } from './events';
import { exportVerb } from './export';
import { fork } from './fork';
import { mirror } from './mirror';
import { pause } from './pause';
import { pending } from './pending';
import { programs } from './programs';
import { record } from './record';
import { replay } from './replay';
import { resume } from './resume';
import { runs } from './runs';
import { show } from './show';
import { start } from './start';
import { state } from './state';
import { steer } from './steer';
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
  approve,
  deny,
  pause,
  resume,
  steer,
  cancel,
  fork,
  replay,
  verify,
  record,
  exportVerb,
  mirror,
  doctor,
];
