export {
  RelayAgent,
  type AgentTiming,
  type RelayAgentOptions,
  type RelayAgentParts,
  type RelayAgentStatus,
} from './agent/index.ts'
export { relayPath, relayProtocolVersion } from './protocol/index.ts'
export { RelayError, type RelayErrorCode } from './relay-error.ts'
export type {
  AnswerOrigin,
  HeaderPairs,
  RelayAnswer,
  RelayHandler,
  RelayLane,
  RelayRequest,
  RequestFate,
} from './relay-exchange.ts'
export type { RelayWebhook, WebhookSink } from './relay-webhook.ts'
export { WebhookRefusedError } from './webhook-refused-error.ts'
export {
  SpoolFullError,
  startWebhookServer,
  WebhookListener,
  WebhookSpool,
  type ParkedWebhook,
  type WebhookListenerOptions,
  type WebhookServer,
  type WebhookServerOptions,
  type WebhookSpoolOptions,
  type WebhookSpoolStatus,
} from './webhooks/index.ts'
export {
  endpointTables,
  explain,
  explainCommand,
  PolicyRecorder,
  readPolicyFile,
  RelayPolicy,
  vcsKinds,
  writeGroups,
  type Endpoint,
  type ExplainCommandOptions,
  type Explainer,
  type Explanation,
  type PolicyDecision,
  type PolicyOptions,
  type RefusalStep,
  type RelayPolicyOptions,
  type VcsKind,
  type WriteGroup,
} from './policy/index.ts'
export type { CredentialsOptions } from './credentials/index.ts'
export {
  createVcsHandler,
  type AgentProblem,
  type VcsHandler,
  type VcsHandlerOptions,
} from './upstream/index.ts'
