/**
 * What all runs of a sandbox share: it is evaluated once, before any of them begins, and keeps nothing of a run. The sandbox freezes what it
 * exports. So zod isn't here, which configures itself when it is used first.
 */
import * as kernel from '../kernel';
import * as workflows from '.';

export const SHARED_MODULES: readonly object[] = [kernel, workflows];
