/**
 * `temporal-kernel/kernel`: the pure kernel. Nothing in it needs Node.js, a server or a network, so it runs in the workflow
 * sandbox, in a worker, in a browser and in a test alike.
 */
export {
  ActionFailed,
  actionErrorOf,
  CANCELLED_ERROR,
  decodeAction,
  encodeAction,
  failureTextOf,
  permanent,
  rateLimited,
  SLEEP_MS_MAX,
  transient,
  type Action,
  type ActionError,
  type ActionErrorKind,
  type ActionResult,
} from './action';
export { ACTIONS_AT_ONCE_MAX } from './action-admission';
export { sealedOutput } from './action-ending';
export type { ActionExecutor } from './action-executor';
export {
  ARTIFACT_BYTES_MAX,
  ARTIFACT_TAG,
  ARTIFACTS_LISTED_MAX,
  artifactsIn,
  isAddress,
  isArtifactRef,
  type Address,
  type ArtifactRef,
  type Artifacts,
} from './artifact';
export {
  approval,
  ASK_LIST_MAX,
  ASK_TEXT_LENGTH_MAX,
  askIn,
  choice,
  ESCALATIONS_MAX,
  question,
  type Answerers,
  type Ask,
  type AskKind,
  type AskRules,
  type Escalation,
} from './ask';
export { alarmOf, verdictOf, type Alarm, type Ballot } from './ballot';
export { llmTokensOf, NOTHING_SPENT, type BudgetRules, type Spent } from './budget';
export { canonicalJson } from './canonical-json';
export { Chain } from './chain';
export { childRun, type ChildOutcome } from './child-run';
export { guarded, type GuardedPlace } from './determinism-guard';
export { isKernelError, KernelError, messageOf, type KernelErrorCode, type KernelErrorVariant } from './error';
export { eventActionIdOf, stepIdOf, type Event, type EventKind, type SequencedEvent } from './event';
export { PAGE_EVENTS_MAX, pagesOf, type EventReader } from './event-reader';
export type { EventStore } from './event-store';
export { eventStreamHash, eventStreamHashOf, verifyEventStreamHash } from './event-stream-hash';
export { decodeEvent, encodeEvent, eventText, parseEventText, sequencedEventText, type WireEvent } from './event-wire';
export {
  chainEntry,
  chainHash,
  genesisHash,
  logEntryOf,
  scanExecutionLog,
  scanExecutionLogWithStateHashes,
  scanExecutionTrace,
  traceEventOf,
  traceText,
  verifyChain,
  type ChainedLog,
  type ChainVerdict,
  type ExecutionLog,
  type KernelTraceEvent,
} from './execution-log';
export {
  assertStepInput,
  executionStep,
  type ExecutionStep,
  type ExecutionStepInput,
  type StepResult,
} from './execution-step';
export { encodeSuspension, ExecutionSuspension, type ExecutionSuspensionState } from './execution-suspension';
export { hashOf, sha256Hex, type Hash } from './hash';
export {
  actionIdOf,
  assertRunId,
  interruptIdOf,
  RUN_ID_BYTES_MAX,
  type ActionId,
  type InterruptId,
  type RunId,
  type Seq,
  type StepId,
} from './identity';
export { UNREAD_INPUTS_MAX } from './input-examination';
export {
  decodeInterrupt,
  encodeInterrupt,
  newInterrupt,
  sourceName,
  type Interrupt,
  type InterruptKind,
  type InterruptSource,
} from './interrupt';
export {
  interruptNotFound,
  interruptRejected,
  interruptTimeout,
  resolveStored,
  UnifiedInterruptResolver,
  type InterruptHandler,
  type InterruptResolver,
} from './interrupt-resolver';
export { InMemoryInterruptStore, INTERRUPTS_MAX, type InterruptStore } from './interrupt-store';
export { isPlainObject, JSON_DEPTH_MAX, sealJson, type Json } from './json';
export { Kernel, type KernelParts, type Signal, type StreamHashes } from './kernel';
export { DeterminismGuard, trapsNondeterminism, type KernelMode } from './kernel-mode';
export { KernelRunner, RUNNER_CALLS_MAX } from './kernel-runner';
export {
  lineageOf,
  ownIdOf,
  sealOf,
  type LogStep,
  type LogStore,
  type Origin,
  type ParentRun,
  type RunBranch,
  type RunFork,
  type RunLineage,
  type RunRecord,
  type StoredLog,
  type StoredRun,
} from './log-store';
export { Machine, STEPS_WITHOUT_INPUT_MAX, TAKEN_IDS_MAX } from './machine';
export type { Checkpoint, Collected, Entry, Input, Refusal, Speaker } from './machine-input';
export {
  allowAll,
  allowList,
  RATE_LIMITED_RETRIES_MAX,
  retryWithBackoff,
  withApproval,
  withBudget,
  type ApprovalRules,
  type Authorization,
  type Backoff,
  type Policy,
  type PolicyCtx,
  type RetryDecision,
} from './policy';
export {
  brokenOutput,
  defineProgram,
  summaryOf,
  type Checked,
  type DefinedProgram,
  type Program,
  type ProgramDefinition,
} from './program';
export { ProgramSet } from './program-set';
export { redrive } from './redrive';
export { stateUpdatedOnlyReducer, type Reducer } from './reducer';
export { ReplayCursor, ReplaySteps, type ReplayCursorParts, type ReplayStep } from './replay-cursor';
export { replayProgram, type ReplayProgram } from './replay-program';
export { ReplayResume, type ResumeDecision, type ResumeResult } from './replay-resume';
export {
  specificationToolChecksumOf,
  toolChecksum,
  toolChecksumOf,
  verifyReplay,
  type VerificationFailure,
  type VerificationResult,
  type VerifyConfig,
} from './replay-verifier';
export {
  decisionOf,
  resumptionIn,
  steeringOf,
  type Approval,
  type Decision,
  type Resumption,
  type Steering,
  type Vote,
} from './resumption';
export { isFinished, statusOf, type BlockedInfo, type RunStatus } from './run-status';
export {
  decodeEffect,
  effectOf,
  encodeEffect,
  noopEffectSink,
  type EffectSink,
  type RuntimeEffect,
} from './runtime-effect';
export { checkSchema, type Infer, type Schema } from './schema';
export { BURST, hasShortTools, SHORT_OUTPUT_BYTES_MAX, shortCallOf, type ShortCall } from './short-tool';
export { snapshotBeyondLog, type Snapshot, type SnapshotStore } from './snapshot';
export { verifyStoredChain } from './stored-chain';
export {
  all,
  callLLM,
  callTool,
  complete,
  emit,
  interrupt,
  sleep,
  update,
  waitSignal,
  type InterruptInfo,
  type Next,
  type StateUpdated,
  type StepFn,
} from './step';
export { NOTHING_DONE, stretchAfter, stretchStart, takeStretch, type Stretch, type StretchTaker } from './stretch';
export { noopActionExecutor, noopStep } from './stubs';
export { assertTenantId, DEFAULT_TENANT, TENANT_BYTES_MAX, type TenantId } from './tenant';
export {
  parseTimelineText,
  runTimeline,
  timelineText,
  type RunStatusSummary,
  type RunTimeline,
  type TimelineEntry,
} from './timeline';
export {
  branchOf,
  TimelineForker,
  type Branch,
  type ForkRequest,
  type ForkResult,
  type TimelineFork,
} from './timeline-fork';
export {
  ATTEMPT_TIMEOUT_MS,
  attemptTimeoutMsOf,
  HEARTBEAT_TIMEOUT_MS,
  SHORT_TIMEOUT_MS,
  SHORT_TIMEOUT_MS_MAX,
  SUMMARY_LENGTH_MAX,
  tool,
  type AnyTool,
  type Tool,
  type ToolContext,
} from './tool';
export type { Verdict } from './verdict';
export {
  describe,
  isBlocked,
  isPaused,
  isToDo,
  pendingActionsOf,
  type DenialCode,
  type Outcome,
  type PendingAction,
  type Waiting,
} from './waiting';
