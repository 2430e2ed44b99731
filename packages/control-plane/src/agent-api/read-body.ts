import { problemTypes } from '@scalr-agent/core/protocol'
import type { FastifyRequest } from 'fastify'

import { requestBytes } from '../runtime/index.ts'

import { AgentApiError } from './agent-api-error.ts'

/** The octet stream that the content type parser left unread. */
export function streamOf(request: FastifyRequest): AsyncIterable<unknown> {
  const { body } = request
  if (typeof body === 'object' && body !== null && Symbol.asyncIterator in body) {
    // Fastify hands out the request itself.
    return requestBytes(request.raw)
  }
  throw new AgentApiError(
    415,
    problemTypes.invalidRequest,
    'The body must be sent as application/octet-stream.',
  )
}

/** The whole body, in memory. */
export async function readBody(request: FastifyRequest, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of streamOf(request)) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('A stream of bytes was expected')
    bytes += chunk.byteLength
    if (bytes > maxBytes) {
      throw new AgentApiError(
        413,
        problemTypes.tooLarge,
        `One request may bring ${maxBytes} bytes at most. Send the rest with the next.`,
      )
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
