/**
 * Resuming by replay: the state of a run, with an answer put in, from its log alone.
 *
 * Source: Oris kernel, `replay_resume`. An answer belongs to the run's last question. Unlike in the reference, earlier answers
 * are replayed like any other event; a resume is idempotent when the log has this very answer to that question, and then
 * gives the same state as the first time, however far the run has gone since; another answer, or a run that asks nothing, is
 * an error. Nothing is executed, and nothing written unless that is asked for.
 *
 * It answers plain questions. An ask is settled by votes, which a machine counts; and a pause is no question.
 */
import { canonicalJson } from './canonical-json';
import { KernelError } from './error';
import type { SequencedEvent } from './event';
import { pagesOf } from './event-reader';
import type { EventStore } from './event-store';
import { interruptIdOf, type InterruptId, type RunId, type Seq } from './identity';
import type { Json } from './json';
import { askIn } from './ask';
import { readAnswerOf, startOf, type ReplayProgram } from './replay-program';
import { goesOnOf } from './machine-replay';
import { describe, isPaused, STEP, waitingAfter, type Waiting } from './waiting';

/** An answer. */
export interface ResumeDecision {
  readonly value: unknown;
  /** The interrupt that it answers. Default: the run's last. */
  readonly interruptId?: InterruptId;
}

/** What a resume gives. */
export interface ResumeResult {
  /** The state after the answer. */
  readonly state: Json;
  /** The events up to the answer, the answer included. */
  readonly eventsReplayed: number;
  /** Whether the answer was in the log already. */
  readonly idempotent: boolean;
}

type Pages = AsyncIterable<readonly SequencedEvent[]>;

/** The last question of a log, and what its answer gave. */
interface Question {
  readonly seq: Seq;
  readonly isAsk: boolean;
  readonly answer: { readonly seq: Seq; readonly value: Json; readonly state: Json } | null;
}

/** A log, read to its end. */
interface Standing {
  readonly head: Seq;
  readonly state: Json;
  readonly waiting: Waiting;
  readonly question: Question | null;
}

/** Resumes runs by replay. */
export class ReplayResume {
  readonly #events: EventStore;
  readonly #program: ReplayProgram;

  constructor({ events, program }: { readonly events: EventStore; readonly program: ReplayProgram }) {
    this.#events = events;
    this.#program = program;
  }

  /**
   * The state that the log and the answer give. Writes nothing.
   *
   * @throws KernelError `RunNotFound` for a run without events; `InvalidAnswer`, also when the last question is an ask;
   *   `InterruptAnswered` when the last question has another answer; `InterruptNotPending` when it is not the one named, or
   *   nothing was asked; `RunFinished` when the run ended instead of being answered
   */
  async resume(runId: RunId, decision: ResumeDecision, initialState: unknown): Promise<ResumeResult> {
    return await this.#resume(runId, decision, initialState, pagesOf(this.#events, runId, 1));
  }

  /**
   * The same, and the answer is appended if it is not in the log yet. Whoever drives the run next reads it there.
   *
   * @throws KernelError as {@link resume}; `HeadConflict` when somebody else appended meanwhile: nothing is written then,
   *   and a second try says what became of the question
   */
  async resumeAndAppend(runId: RunId, decision: ResumeDecision, initialState: unknown): Promise<ResumeResult> {
    const result = await this.resume(runId, decision, initialState);
    if (!result.idempotent) {
      const resumed = { type: 'Resumed', value: this.#answerOf(decision) } as const;
      await this.#events.append(runId, [resumed], result.eventsReplayed - 1);
    }
    return result;
  }

  /**
   * Whether the answer gives the same once it is in the log: the log is replayed as it is, and once more with the answer behind
   * it. Only a `reduce` that is not pure can make this false.
   *
   * @throws KernelError as {@link resume}
   */
  async verifyIdempotent(runId: RunId, decision: ResumeDecision, initialState: unknown): Promise<boolean> {
    const first = await this.resume(runId, decision, initialState);
    const pages = pagesOf(this.#events, runId, 1);
    const resumed: SequencedEvent = {
      seq: first.eventsReplayed,
      event: { type: 'Resumed', value: this.#answerOf(decision) },
    };
    const answered = first.idempotent ? pages : followedBy(pages, resumed);
    const second = await this.#resume(runId, decision, initialState, answered);
    return (
      second.idempotent &&
      second.eventsReplayed === first.eventsReplayed &&
      canonicalJson(second.state) === canonicalJson(first.state)
    );
  }

  async #resume(runId: RunId, decision: ResumeDecision, initialState: unknown, pages: Pages): Promise<ResumeResult> {
    const value = this.#answerOf(decision);
    const { head, state, waiting, question } = await this.#read(runId, startOf(this.#program, initialState), pages);
    if (head === 0) throw new KernelError('RunNotFound', `run ${runId} has no events`);
    const asked = question === null ? null : interruptIdOf(runId, question.seq);
    const named = decision.interruptId ?? asked;
    if (question === null || asked !== named) {
      const what = named === null ? 'nothing was asked' : `interrupt ${named} is not its last question`;
      throw new KernelError('InterruptNotPending', `run ${runId}: ${what}, it waits for ${describe(waiting)}`);
    }
    const { answer, isAsk } = question;
    if (isAsk) {
      throw new KernelError(
        'InvalidAnswer',
        `interrupt ${asked} is an ask: who answers it votes, and a machine counts`,
      );
    }
    if (answer === null) {
      if (waiting.for !== 'answer') {
        throw new KernelError(
          'RunFinished',
          `interrupt ${asked} has no answer: the run waits for ${describe(waiting)}`,
        );
      }
      const seq = head + 1;
      const after = this.#program.reduce(state, { type: 'Resumed', value }, seq);
      return { state: after, eventsReplayed: seq, idempotent: false };
    }
    if (canonicalJson(answer.value) !== canonicalJson(value)) {
      throw new KernelError('InterruptAnswered', `interrupt ${asked} has another answer since seq ${answer.seq}`);
    }
    return { state: answer.state, eventsReplayed: answer.seq, idempotent: true };
  }

  async #read(runId: RunId, start: Json, pages: Pages): Promise<Standing> {
    let head = 0;
    let state = start;
    let waiting = STEP;
    let question = null as Question | null;
    for await (const page of pages) {
      for (const sequenced of page) {
        const { seq, event } = sequenced;
        state = this.#program.reduce(state, event, seq);
        // Later values that resume the run without being asked for are no answers.
        if (event.type === 'Resumed' && waiting.for === 'answer' && !isPaused(waiting) && question !== null) {
          question = { ...question, answer: { seq, value: event.value, state } };
        }
        waiting = waitingAfter(runId, sequenced, waiting, goesOnOf(this.#program));
        if (event.type === 'Interrupted' && !isPaused(waiting)) {
          question = { seq, isAsk: askIn(event.value) !== null, answer: null };
        }
        head = seq;
      }
    }
    return { head, state, waiting, question };
  }

  /** The answer as the log would have it. */
  #answerOf({ value }: ResumeDecision): Json {
    const checked = readAnswerOf(this.#program, value);
    if (checked.ok) return checked.value;
    throw new KernelError('InvalidAnswer', `the answer is refused: ${checked.reason}`);
  }
}

async function* followedBy(pages: Pages, last: SequencedEvent): AsyncGenerator<readonly SequencedEvent[]> {
  yield* pages;
  yield [last];
}
