import type { Readable } from 'node:stream'

import { ProtocolError } from '../errors/index.ts'

/** Reads a body whole, but never more than `maxBytes` of it. @throws {@link ProtocolError} `TOO_LARGE` */
export async function readBounded(
  body: Readable,
  maxBytes: number,
  context: { readonly subject: string; readonly contentLength?: string | undefined },
): Promise<Buffer> {
  if (Number(context.contentLength ?? 0) > maxBytes) {
    abandon(body)
    throw tooLarge(context.subject, maxBytes)
  }
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    const buffer = toBuffer(chunk)
    bytes += buffer.byteLength
    if (bytes > maxBytes) {
      abandon(body)
      throw tooLarge(context.subject, maxBytes)
    }
    chunks.push(buffer)
  }
  const [only] = chunks
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks, bytes)
}

/** The first bytes of a body, for a message; what follows is not read. Never throws. */
export async function readBeginning(body: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of body) {
      const buffer = toBuffer(chunk)
      chunks.push(buffer)
      bytes += buffer.byteLength
      if (bytes >= maxBytes) break
    }
  } catch {
    // The status has arrived, and it says more than a cut body.
  }
  abandon(body)
  return Buffer.concat(chunks).subarray(0, maxBytes)
}

/** Gives up a body, and with it the connection; an error of a body that nobody reads is no error. */
export function abandon(body: Readable): void {
  body.on('error', () => {})
  body.destroy()
}

function toBuffer(chunk: unknown): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk
  return Buffer.from(chunk instanceof Uint8Array ? chunk : String(chunk))
}

function tooLarge(subject: string, maxBytes: number): ProtocolError {
  return new ProtocolError(
    `${subject}: the answer is larger than ${maxBytes} bytes, so it was not read.`,
    { code: 'TOO_LARGE' },
  )
}
