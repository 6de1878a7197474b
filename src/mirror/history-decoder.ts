/** Reads what is inside history's payloads, with the data converter that the run was written with. */
import type { LoadedDataConverter } from '@temporalio/common';
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
} from '@temporalio/common/lib/internal-non-workflow';
import type { temporal } from '@temporalio/proto';

type Payloads = temporal.api.common.v1.IPayloads | null | undefined;
type Failure = temporal.api.failure.v1.IFailure | null | undefined;

export class HistoryDecoder {
  readonly #converter: LoadedDataConverter;

  constructor(converter: LoadedDataConverter) {
    this.#converter = converter;
  }

  /** The values in a list of payloads; `null` where a value is absent. */
  async values(payloads: Payloads): Promise<readonly unknown[]> {
    const values = await decodeArrayFromPayloads(this.#converter, payloads?.payloads ?? []);
    return values.map((value) => value ?? null);
  }

  /** The first value; `null` when there is none. */
  async value(payloads: Payloads): Promise<unknown> {
    return (await this.values(payloads))[0] ?? null;
  }

  async failure(failure: Failure): Promise<Error> {
    return (
      (await decodeOptionalFailureToOptionalError(this.#converter, failure)) ?? new Error('no failure was recorded')
    );
  }
}
