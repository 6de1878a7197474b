/**
 * zod, for all runs of a sandbox. To evaluate it anew was most of what it took to begin a run, and most of a cached run's memory. `sandbox/zod.ts`
 * says when it can be shared.
 */
import { zodIsEvaluated } from './zod-globals';
import { core } from 'zod';

zodIsEvaluated(() => new core.$ZodRegistry());
