/** A model that says what a script says, behind a real HTTP server. */
export {
  ScriptSchema,
  contentText,
  type ChatMessage,
  type ChatRequest,
  type Fault,
  type Script,
  type Turn,
} from './script';
export {
  startScriptedModel,
  type RecordedRequest,
  type ScriptedModel,
  type ScriptedModelOptions,
} from './scripted-model';
export { brokenLaw } from './transcript-law';
