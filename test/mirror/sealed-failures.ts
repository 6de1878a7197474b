/** Failures whose messages go through the codecs too: by default Temporal leaves them plain. */
import { DefaultFailureConverter } from '@temporalio/common';

export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
