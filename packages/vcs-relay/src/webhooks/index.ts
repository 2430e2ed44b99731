export type { WebhookListenerOptions } from './listener-options.ts'
export {
  SpoolFullError,
  WebhookSpool,
  type ParkedWebhook,
  type WebhookSpoolOptions,
  type WebhookSpoolStatus,
} from './spool/index.ts'
export { WebhookListener } from './webhook-listener.ts'
export {
  startWebhookServer,
  type WebhookServer,
  type WebhookServerOptions,
} from './webhook-server.ts'
