export { decodeSigningKey, replayWindowMs, signingKeyPrefix } from './verify-signed.ts'
export { verifyWebhook, type SignedWebhook } from './verify-webhook.ts'
