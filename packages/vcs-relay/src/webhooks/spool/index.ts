export { SpoolFullError } from './spool-full-error.ts'
export type { ParkedWebhook, WebhookSpoolOptions, WebhookSpoolStatus } from './spool-options.ts'
export { WebhookSpool } from './webhook-spool.ts'
