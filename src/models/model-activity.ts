/**
 * A model as an activity: one a name, which finds the program whose run calls it and does the task. What leaves it, result or failure, has no
 * secret that it knows of.
 */
import { Context } from '@temporalio/activity';
import { calledTool, toolContext, type CalledTool } from '../activities';
import { failureWithUsage, ModelCallSchema, type ModelResult } from '../agents';
import type { JsonArtifacts } from '../artifacts';
import {
  ActionFailed,
  actionErrorOf,
  checkSchema,
  isKernelError,
  permanent,
  type DefinedProgram,
  type ProgramSet,
} from '../kernel';
import { answer } from './answer-task';
import type { CallScene } from './call-scene';
import { compact } from './compact-task';
import { Conversation } from './conversation';
import type { ModelHost } from './model-host';
import type { ModelStreams } from './model-streams';
import { modelUseOf } from './model-use';
import { programTools } from './offered-tools';
import { Redactor } from './redactor';
import type { Transcripts } from './transcript';
import { UsageMeter } from './usage-meter';

/** What a worker has for its model calls. */
export interface ModelSurroundings {
  readonly programs: ProgramSet;
  readonly artifacts: JsonArtifacts;
  /** One for all calls: it may remember what it has read. */
  readonly transcripts: Transcripts;
  readonly streams: ModelStreams | null;
  readonly secrets: readonly string[];
}

export type ModelActivity = (input: unknown) => Promise<ModelResult>;

/** The activity of the model of that name. */
export function modelActivity(name: string, host: ModelHost, surroundings: ModelSurroundings): ModelActivity {
  const offers = new WeakMap<DefinedProgram, Offer>();
  const offerOf = ({ program, tool }: CalledTool): Offer => {
    const known = offers.get(program);
    if (known !== undefined) return known;
    const use = modelUseOf(program, name, tool);
    const offer = { use, tools: programTools(program, use) };
    offers.set(program, offer);
    return offer;
  };
  return async (input) => {
    const redactor = new Redactor([...surroundings.secrets, ...(host.secrets ?? [])]);
    const usage = UsageMeter.start();
    try {
      return await call(name, input, { host, surroundings, redactor, usage, offerOf });
    } catch (error) {
      throw withUsage(redacted(error, redactor), usage);
    }
  };
}

/** What a program's model is given with every call. */
type Offer = Pick<CallScene, 'use' | 'tools'>;

interface Called extends Pick<CallScene, 'host' | 'redactor' | 'usage'> {
  readonly surroundings: ModelSurroundings;
  readonly offerOf: (called: CalledTool) => Offer;
}

async function call(
  name: string,
  input: unknown,
  { host, redactor, usage, surroundings, offerOf }: Called,
): Promise<ModelResult> {
  const { programs, artifacts, transcripts, streams } = surroundings;
  const { workflowType } = Context.current().info;
  const called = calledTool(programs, workflowType, name);
  if (called === null) throw permanent(`no program here has a model ${name} for a run of ${workflowType ?? '?'}`);
  const checked = checkSchema(ModelCallSchema, input);
  if (!checked.ok) throw permanent(`input of ${name} is no model call: ${checked.reason}`);
  const { runId, actionId, attempt, signal } = toolContext(Context.current(), called.tool, artifacts);
  const conversation = new Conversation(artifacts, transcripts, redactor);
  const scene: CallScene = {
    host,
    ...offerOf(called),
    artifacts,
    conversation,
    redactor,
    usage,
    signal,
    stream: null,
  };
  const { value } = checked;
  if (value.task === 'compact') return await compact(value, scene);
  const stream = streams?.open({ runId, actionId, attempt }) ?? null;
  try {
    return await answer(value, { ...scene, stream });
  } catch (error) {
    stream?.fail();
    throw error;
  }
}

/** A failure made anew: what was thrown may carry requests with their headers, in its text or behind it. */
function redacted(thrown: unknown, redactor: Redactor): Error {
  const { kind, message, retryAfterMs } = actionErrorOf(thrown);
  const clean = redactor.redact(message);
  const isPlain = isKernelError(thrown) && thrown.cause === undefined && clean === message;
  return isPlain ? thrown : new ActionFailed(kind, clean, retryAfterMs);
}

/** Whether another attempt follows is for the policy to say: the last failure of a call is the one that tells the log what it used. */
function withUsage(failure: Error, { total }: UsageMeter): Error {
  if (total.totalTokens === 0) return failure;
  const { kind, message, retryAfterMs } = actionErrorOf(failure);
  return new ActionFailed(kind, failureWithUsage(message, total), retryAfterMs);
}
