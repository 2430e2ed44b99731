import { createHash } from 'node:crypto'

import { ProtocolError } from '@scalr-agent/core'
import { z } from 'zod'

import type { RelayWebhook } from '../../relay-webhook.ts'

/** A webhook in the spool. */
export interface SpoolEntry extends RelayWebhook {
  /** Those of one project are delivered in their order. */
  readonly project: string | undefined
}

const magic = 'scalr-webhook-1'

const headSchema = z.object({
  id: z.string().min(1),
  vcs: z.string().min(1),
  deliveryId: z.string().optional(),
  project: z.string().optional(),
  receivedAt: z.iso.datetime(),
  target: z.string(),
  headers: z.array(z.tuple([z.string(), z.string()])),
  signature: z.enum(['verified', 'unchecked']),
})

/** All that a file without its body tells. */
export type SpoolEntryHead = z.output<typeof headSchema>

/** A file of the spool: a line of lengths and digest, a line of JSON, the body as it came. */
export function encodeEntry(entry: SpoolEntry): Buffer {
  const { body, ...head } = entry
  const json = Buffer.from(`${JSON.stringify(head)}\n`)
  const first = `${magic} ${json.byteLength} ${body.byteLength} ${digest(json, body)}\n`
  return Buffer.concat([Buffer.from(first), json, body])
}

/** @throws ProtocolError `INVALID_RECORD` or `DIGEST_MISMATCH` when it is not what was written */
export function decodeEntry(file: Buffer): SpoolEntry {
  const lineEnd = file.indexOf(0x0a)
  const match = /^scalr-webhook-1 (\d{1,10}) (\d{1,12}) ([0-9a-f]{64})$/u.exec(
    file.subarray(0, Math.max(0, lineEnd)).toString('latin1'),
  )
  if (match === null) throw invalid('it does not begin as a file of the spool does')
  const headEnd = lineEnd + 1 + Number(match[1])
  const json = file.subarray(lineEnd + 1, headEnd)
  const body = file.subarray(headEnd)
  if (json.byteLength !== Number(match[1]) || body.byteLength !== Number(match[2])) {
    throw invalid('its length is wrong')
  }
  if (digest(json, body) !== match[3]) {
    throw new ProtocolError('A webhook of the spool changed on the disk: its digest is wrong.', {
      code: 'DIGEST_MISMATCH',
    })
  }
  const { deliveryId, project, ...head } = headSchema.parse(JSON.parse(json.toString('utf8')))
  return { ...head, deliveryId, project, body }
}

function digest(json: Uint8Array, body: Uint8Array): string {
  return createHash('sha256').update(json).update(body).digest('hex')
}

function invalid(what: string): ProtocolError {
  return new ProtocolError(`A file of the webhook spool cannot be read: ${what}.`, {
    code: 'INVALID_RECORD',
  })
}
