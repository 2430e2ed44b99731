export { sameBytes } from './same-bytes.ts'
export { decodeSigningKey, replayWindowMs, signingKeyPrefix } from './verify-signed.ts'
export { verifyWebhook, type SignedWebhook } from './verify-webhook.ts'
