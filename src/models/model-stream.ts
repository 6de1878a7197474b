/** What one attempt of a model call says, and what it has said so far, up to a limit. */
import { z } from 'zod';
import { FINISHES, type Answer } from '../agents';

const PlaceSchema = z.object({ runId: z.string(), actionId: z.string(), attempt: z.int().positive() });

/** Whose words they are. */
export type StreamPlace = Readonly<z.output<typeof PlaceSchema>>;

/** What a subscriber is told. */
export const ModelStreamEventSchema = z.discriminatedUnion('type', [
  /** An attempt begins: what an earlier one of the same action said is void. */
  PlaceSchema.extend({ type: z.literal('start') }),
  PlaceSchema.extend({
    type: z.literal('text'),
    text: z.string(),
    /** So many characters before it are not there any more: they were said before the subscriber came. */
    dropped: z.int().positive().optional(),
  }),
  /** The answer is whole and stored. */
  PlaceSchema.extend({ type: z.literal('end'), finish: z.enum(FINISHES) }),
  /** The attempt failed: there may be another one. */
  PlaceSchema.extend({ type: z.literal('failed') }),
]);
export type ModelStreamEvent = Readonly<z.output<typeof ModelStreamEventSchema>>;

/** What is kept of a running answer for late subscribers, in characters. */
export const STREAM_BUFFER_LENGTH_MAX = 65_536;

export class ModelStream {
  readonly place: StreamPlace;
  readonly #tell: (event: ModelStreamEvent) => void;
  #said = '';
  #dropped = 0;
  #isOver = false;

  constructor(place: StreamPlace, tell: (event: ModelStreamEvent) => void) {
    this.place = place;
    this.#tell = tell;
  }

  start(): void {
    this.#say({ ...this.place, type: 'start' });
  }

  /** The next piece of text. */
  push(text: string): void {
    if (text === '' || this.#isOver) return;
    const said = this.#said + text;
    const dropped = Math.max(0, said.length - STREAM_BUFFER_LENGTH_MAX);
    this.#said = said.slice(dropped);
    this.#dropped += dropped;
    this.#say({ ...this.place, type: 'text', text });
  }

  end(finish: Answer['finish']): void {
    this.#finish({ ...this.place, type: 'end', finish });
  }

  fail(): void {
    this.#finish({ ...this.place, type: 'failed' });
  }

  /** Another attempt has begun: nobody hears of this one any more. */
  silence(): void {
    this.#isOver = true;
  }

  /** What a late subscriber is told first. */
  soFar(): readonly ModelStreamEvent[] {
    const dropped = this.#dropped === 0 ? {} : { dropped: this.#dropped };
    const said: readonly ModelStreamEvent[] =
      this.#said === '' ? [] : [{ ...this.place, type: 'text', text: this.#said, ...dropped }];
    return [{ ...this.place, type: 'start' }, ...said];
  }

  #finish(event: ModelStreamEvent): void {
    this.#say(event);
    this.#isOver = true;
  }

  #say(event: ModelStreamEvent): void {
    if (!this.#isOver) this.#tell(event);
  }
}
