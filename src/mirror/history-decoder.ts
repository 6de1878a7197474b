/**
 * Reads what is inside history's payloads, with the data converter that the run was written with: what lies in external storage is
 * fetched, then the codecs undo what they did, then the converter reads.
 */
import type { LoadedDataConverter } from '@temporalio/common';
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
  visit,
  walkCoresdkActivityResultFailure,
} from '@temporalio/common/lib/internal-non-workflow';
import type { temporal } from '@temporalio/proto';
import { withExternal } from './external-payloads';

type Payload = temporal.api.common.v1.IPayload;
/** A list of payloads, as history has it. */
export type Payloads = temporal.api.common.v1.IPayloads | null | undefined;
type Failure = temporal.api.failure.v1.IFailure | null | undefined;

/** @throws KernelError `PayloadUnavailable` where external storage does not give what it has; anything else says what can't be read */
export class HistoryDecoder {
  readonly #converter: LoadedDataConverter;

  constructor(converter: LoadedDataConverter) {
    this.#converter = converter;
  }

  /** The values in a list of payloads; `null` where a value is absent. */
  async values(payloads: Payloads): Promise<readonly unknown[]> {
    const inline = await this.#inline(payloads?.payloads ?? []);
    const values = await decodeArrayFromPayloads(this.#converter, inline);
    return values.map((value) => value ?? null);
  }

  /** The first value; `null` when there is none. */
  async value(payloads: Payloads): Promise<unknown> {
    return (await this.values(payloads))[0] ?? null;
  }

  async failure(failure: Failure): Promise<Error> {
    // A failure has payloads at several places. What they refer to takes their place: the same, however often it is done.
    await visit({ failure: failure ?? null }, walkCoresdkActivityResultFailure, {
      transformPayloads: (payloads) => this.#inline(payloads),
      transformPayload: async (payload) => (await this.#inline([payload]))[0] ?? payload,
    });
    return (
      (await decodeOptionalFailureToOptionalError(this.#converter, failure)) ?? new Error('no failure was recorded')
    );
  }

  async #inline(payloads: Payload[]): Promise<Payload[]> {
    return await withExternal(payloads, this.#converter.externalStorage);
  }
}
