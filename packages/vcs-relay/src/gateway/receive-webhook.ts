import type { IncomingMessage } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { Writable } from 'node:stream'

import type { Clock } from '@scalr-agent/core'
import { problemTypes } from '@scalr-agent/core/protocol'

import {
  FrameDecoder,
  relayLimits,
  webhookHeadSchema,
  type WebhookHead,
} from '../protocol/index.ts'
import { RelayError } from '../relay-error.ts'
import type { RelayWebhook } from '../relay-webhook.ts'
import type { GatewayTiming } from './gateway-timing.ts'
import { CallRefused } from './http-answers.ts'
import type { RelayGatewayOptions } from './relay-gateway.ts'

export interface WebhookContext {
  readonly onWebhook: RelayGatewayOptions['onWebhook']
  readonly clock: Clock
  readonly timing: GatewayTiming
}

/** Reads a webhook whole. @throws {@link CallRefused} for one that is too large or came broken */
export async function receiveWebhook(
  request: IncomingMessage,
  options: Pick<WebhookContext, 'clock' | 'timing'>,
): Promise<RelayWebhook> {
  const { clock, timing } = options
  let head: WebhookHead | undefined
  const decoder = new FrameDecoder({
    head: { schema: webhookHeadSchema, onHead: (value) => (head = value) },
    what: 'the webhook',
    fate: () => 'unknown',
    clock,
    idleMs: timing.bodyIdleMs,
    stalledMs: timing.stalledMs,
  })
  const chunks: Buffer[] = []
  let bytes = 0
  const collect = new Writable({
    write: (chunk: Buffer, _encoding, callback) => {
      bytes += chunk.length
      const isTooLarge = bytes > relayLimits.webhookBytes
      if (!isTooLarge) chunks.push(chunk)
      callback(isTooLarge ? tooLarge() : null)
    },
  })
  // The call is still to be answered, so its connection stays when something is wrong with it.
  request.on('error', (error) => decoder.destroy(error))
  request.on('close', () => {
    if (!request.complete) decoder.destroy(new Error('The connection was cut.'))
  })
  request.pipe(decoder)
  try {
    await pipeline(decoder, collect)
  } catch (error) {
    request.unpipe(decoder)
    if (error instanceof RelayError) {
      throw new CallRefused(400, problemTypes.invalidRequest, error.message)
    }
    throw error
  }
  if (head === undefined) {
    throw new CallRefused(400, problemTypes.invalidRequest, 'The webhook has no head.')
  }
  return { ...head, deliveryId: head.deliveryId, body: Buffer.concat(chunks, bytes) }
}

function tooLarge(): CallRefused {
  return new CallRefused(
    413,
    problemTypes.tooLarge,
    `The webhook is larger than ${relayLimits.webhookBytes} bytes.`,
  )
}
