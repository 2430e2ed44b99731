import { ApiError, isSessionGone, type HttpTransport, type OpenVcsSession } from '@scalr-agent/core'
import { createHash } from 'node:crypto'

import {
  framesMediaType,
  frameTypes,
  makeFrame,
  makeJsonFrame,
  relayPath,
  type WebhookHead,
} from '../protocol/index.ts'
import type { RelayWebhook, WebhookSink } from '../relay-webhook.ts'
import { WebhookRefusedError } from '../webhook-refused-error.ts'

/** Statuses that say of a webhook, not of the moment, that it will not be taken. */
const refusals: ReadonlySet<number> = new Set([400, 413, 422])

/** Delivers webhooks of the spool to the control plane, byte for byte as they came. */
export class WebhookSender implements WebhookSink {
  readonly #transport: HttpTransport
  readonly #session: (options: { readonly signal: AbortSignal }) => Promise<OpenVcsSession>

  constructor(options: {
    readonly transport: HttpTransport
    readonly session: (options: { readonly signal: AbortSignal }) => Promise<OpenVcsSession>
  }) {
    this.#transport = options.transport
    this.#session = options.session
  }

  async deliver(webhook: RelayWebhook, options: { readonly signal: AbortSignal }): Promise<void> {
    const session = await this.#session(options)
    try {
      await this.#transport.send({
        doing: `deliver the webhook ${webhook.id}`,
        method: 'POST',
        path: `${relayPath}/webhooks`,
        token: session.token,
        headers: { 'content-type': framesMediaType },
        body: toFrames(webhook),
        headersTimeoutMs: 60_000,
        signal: options.signal,
        read: async (answer) => void answer.body.resume(),
      })
    } catch (error) {
      if (isSessionGone(error)) session.lost()
      else if (error instanceof ApiError && refusals.has(error.status)) {
        throw new WebhookRefusedError(error.message, { cause: error })
      }
      throw error
    }
  }
}

function toFrames(webhook: RelayWebhook): Buffer {
  const { body, ...rest } = webhook
  const head: WebhookHead = rest
  const sha256 = createHash('sha256').update(body).digest('hex')
  return Buffer.concat([
    makeJsonFrame(frameTypes.head, head),
    makeFrame(frameTypes.data, body),
    makeJsonFrame(frameTypes.end, { bytes: body.length, sha256 }),
  ])
}
