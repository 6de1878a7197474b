/** What a model call needs beside its input: all that the worker has, and that the attempt is told. */
import type { ModelUse } from '../agents';
import type { JsonArtifacts } from '../artifacts';
import type { Conversation } from './conversation';
import type { ModelHost } from './model-host';
import type { OfferedTools } from './offered-tools';
import type { Redactor } from './redactor';
import type { ModelStream } from './model-stream';
import type { UsageMeter } from './usage-meter';

export interface CallScene {
  readonly host: ModelHost;
  readonly use: ModelUse;
  /** The program's own tools that the model is offered. */
  readonly tools: OfferedTools;
  readonly artifacts: JsonArtifacts;
  readonly conversation: Conversation;
  readonly redactor: Redactor;
  readonly usage: UsageMeter;
  readonly signal: AbortSignal;
  /** Null where nobody listens. */
  readonly stream: ModelStream | null;
}
