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
