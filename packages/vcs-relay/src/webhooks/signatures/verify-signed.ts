import { createHmac } from 'node:crypto'

import type { HeaderPairs } from '../../relay-exchange.ts'
import { singleHeader } from '../header-lines.ts'

import { sameBytes } from './same-bytes.ts'

/** How GitLab's signing keys begin. */
export const signingKeyPrefix = 'whsec_'

/** How far a timestamp may be from the agent's clock: older ones may be replays. */
export const replayWindowMs = 5 * 60_000

/** The bytes of a signing key; `undefined` when it is none. */
export function decodeSigningKey(key: string): Buffer | undefined {
  const text = key.slice(signingKeyPrefix.length)
  if (!key.startsWith(signingKeyPrefix) || !/^[A-Za-z0-9+/]+={0,2}$/u.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64')
  return bytes.byteLength >= 16 ? bytes : undefined
}

/**
 * GitLab's signing scheme, that of Standard Webhooks: `webhook-signature: v1,<base64 HMAC-SHA256>` over
 * `{webhook-id}.{webhook-timestamp}.{body}`, several of them separated by spaces.
 *
 * @returns why it is not believed
 */
export function verifySigned(
  webhook: { readonly headers: HeaderPairs; readonly body: Uint8Array; readonly now: Date },
  keys: readonly string[],
): string | undefined {
  const { headers, body, now } = webhook
  const id = singleHeader(headers, 'webhook-id')
  const timestamp = singleHeader(headers, 'webhook-timestamp')
  const given = singleHeader(headers, 'webhook-signature')
  if (id === undefined || timestamp === undefined || given === undefined) {
    return 'it lacks one of the headers webhook-id, webhook-timestamp and webhook-signature, or has it twice'
  }
  if (!/^\d{1,12}$/u.test(timestamp)) return 'its webhook-timestamp is no number of seconds'
  if (Math.abs(Number(timestamp) * 1000 - now.getTime()) > replayWindowMs) {
    return `its webhook-timestamp is more than ${replayWindowMs / 60_000} minutes from this machine's clock: a replay, or one of the clocks is wrong`
  }
  const signatures = given
    .split(' ')
    .filter((each) => each.startsWith('v1,'))
    .map((each) => each.slice(3))
  const expected = keys
    .map(decodeSigningKey)
    .filter((key) => key !== undefined)
    .map((key) =>
      createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64'),
    )
  const fits = expected.some((each) => signatures.some((signature) => sameBytes(each, signature)))
  return fits ? undefined : 'its webhook-signature fits none of the configured keys'
}
