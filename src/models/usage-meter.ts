/**
 * What one call uses, over all its attempts: an answer that is refused, or lost on its way into the store, is paid for all the same. What was
 * used goes from one attempt to the next in the details of heartbeats, which the server keeps. A worker that is lost at once takes with it
 * what it had not sent yet.
 */
import { Context } from '@temporalio/activity';
import { z } from 'zod';
import { UsageSchema, type Usage } from '../agents';
import { checkSchema } from '../kernel';
import { NO_USAGE, sumOf } from './model-host';

const DetailsSchema = z.object({ used: UsageSchema });

export class UsageMeter {
  /** What earlier attempts used; null where they used nothing. */
  readonly #failed: Usage | null;
  readonly #heartbeat: (details: z.output<typeof DetailsSchema>) => void;
  #own: Usage = NO_USAGE;

  private constructor(failed: Usage | null, heartbeat: (details: z.output<typeof DetailsSchema>) => void) {
    this.#failed = failed;
    this.#heartbeat = heartbeat;
  }

  /** For the attempt that is under way. */
  static start(): UsageMeter {
    const context = Context.current();
    const before = checkSchema(DetailsSchema, context.info.heartbeatDetails);
    return new UsageMeter(before.ok ? before.value.used : null, (details) => {
      context.heartbeat(details);
    });
  }

  /** Counts what this attempt used, before anything can go wrong with what it got for it. */
  add(used: Usage): void {
    this.#own = sumOf(this.#own, used);
    this.#heartbeat({ used: this.#failed === null ? this.#own : sumOf(this.#failed, this.#own) });
  }

  /** What the call used so far. */
  get total(): Usage {
    return this.#failed === null ? this.#own : { ...sumOf(this.#failed, this.#own), failedAttempts: this.#failed };
  }
}
