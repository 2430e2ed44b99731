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
  webhookKinds,
  WebhookListener,
  WebhookSpool,
  type ParkedWebhook,
  type WebhookKind,
  type WebhookListenerOptions,
  type WebhookServer,
  type WebhookServerOptions,
  type WebhookSpoolOptions,
  type WebhookSpoolStatus,
} from './webhooks/index.ts'
