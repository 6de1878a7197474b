/**
 * A conversation as a call reads it: its messages from the store, each checked, with the results that are artifacts in their place. Whatever
 * secret is read on the way is told to the redactor.
 */
import { ARTIFACT_TAG, checkSchema, isArtifactRef, KernelError, type Address, type Json } from '../kernel';
import type { JsonArtifacts } from '../artifacts';
import { MessageSchema, type Message } from './message';
import type { Redactor } from './redactor';
import type { KeptMessage, Transcripts } from './transcript';

/** A message, and how it is kept: so that it can stand in another conversation without being stored again. */
export interface ReadMessage {
  readonly message: Message;
  readonly kept: KeptMessage;
}

export class Conversation {
  readonly #artifacts: JsonArtifacts;
  readonly #transcripts: Transcripts;
  readonly #redactor: Redactor;

  constructor(artifacts: JsonArtifacts, transcripts: Transcripts, redactor: Redactor) {
    this.#artifacts = artifacts;
    this.#transcripts = transcripts;
    this.#redactor = redactor;
  }

  /**
   * The messages as they are stored, the oldest first.
   *
   * @throws KernelError `ArtifactMissing`, `ArtifactChanged`
   */
  async read(head: Address): Promise<readonly ReadMessage[]> {
    const kept = await this.#transcripts.read(head);
    return kept.map((each, index) => {
      const checked = checkSchema(MessageSchema, each.value);
      if (!checked.ok) {
        const place = `message ${index + 1} of the conversation ${head}`;
        throw new KernelError('ArtifactChanged', `${place} is none: ${checked.reason}`);
      }
      if (each.isSecret) this.#redactor.addValue(contentOf(checked.value));
      return { message: checked.value, kept: each };
    });
  }

  /** The messages as the model sees them: results that are artifacts are in their place. */
  async resolved(messages: readonly Message[]): Promise<readonly Message[]> {
    return await Promise.all(
      messages.map(async (message) => {
        if (message.role !== 'tool' || !isArtifactRef(message.result)) return message;
        return { ...message, result: (await this.#resolve(message.result)) as typeof message.result };
      }),
    );
  }

  get transcripts(): Transcripts {
    return this.#transcripts;
  }

  async #resolve(result: Json): Promise<Json> {
    // One that looks like a reference in turn is what somebody outside has said, and is none.
    if (!isArtifactRef(result)) return result;
    const { value, isSecret } = await this.#artifacts.read(result[ARTIFACT_TAG].address);
    if (isSecret) this.#redactor.addValue(value);
    return value;
  }
}

function contentOf(message: Message): Json {
  switch (message.role) {
    case 'system':
    case 'user':
      return message.text;
    case 'assistant':
      return [message.text, ...message.calls.map(({ input }) => input)];
    case 'tool':
      return message.result;
  }
}
