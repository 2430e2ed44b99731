import { Readable } from 'node:stream'

import { NetworkError, ProtocolError, TimeoutError } from '../errors/index.ts'
import { abandon, Sha256Digest, translateFailure, type HttpAnswer } from '../http/index.ts'

export interface VerifiedDownloadOptions {
  /** The first answer. */
  readonly answer: HttpAnswer
  /** Asks for the same file again, from its beginning. */
  readonly reopen: () => Promise<HttpAnswer>
  readonly expected: { readonly bytes: number; readonly digest: string }
}

/** Fresh answers that may bring nothing new before the download is given up. */
const maxStalls = 3

/**
 * A file that is checked while it streams: more bytes than declared end it at once, and its end is an
 * error unless bytes and digest are as declared. A cut connection is bridged: the file is asked for
 * again and what was delivered is skipped.
 */
export function verifiedDownload(options: VerifiedDownloadOptions): Readable {
  const source = { answer: options.answer }
  const stream = Readable.from(chunks(options, source), { objectMode: false })
  // A stream that is destroyed before it was read never starts the generator, which would else close.
  return stream.once('close', () => abandon(source.answer.body))
}

async function* chunks(
  options: VerifiedDownloadOptions,
  source: { answer: HttpAnswer },
): AsyncGenerator<Uint8Array> {
  const { expected } = options
  const digest = new Sha256Digest()
  let delivered = 0
  let stalls = 0
  for (;;) {
    const before = delivered
    const { answer } = source
    let position = 0
    let problem: unknown
    try {
      for await (const chunk of answer.body) {
        const bytes: Uint8Array = chunk
        const fresh = bytes.subarray(Math.min(bytes.byteLength, Math.max(0, delivered - position)))
        position += bytes.byteLength
        if (position > expected.bytes)
          throw mismatch(answer, `it is longer than ${expected.bytes} bytes`)
        if (fresh.byteLength === 0) continue
        delivered += fresh.byteLength
        digest.update(fresh)
        yield fresh
      }
    } catch (error) {
      problem = translateFailure(error, { subject: answer.subject, host: answer.url.host }).error
      const isCut = problem instanceof NetworkError || problem instanceof TimeoutError
      if (!isCut) throw problem
    }
    if (delivered >= expected.bytes) break
    problem ??= mismatch(answer, `it ended after ${delivered} of ${expected.bytes} bytes`)
    stalls = delivered > before ? 0 : stalls + 1
    if (stalls >= maxStalls) throw problem
    source.answer = await options.reopen()
  }
  const actual = digest.end()
  if (actual !== expected.digest) {
    throw mismatch(source.answer, `its digest is ${actual} instead of ${expected.digest}`)
  }
}

function mismatch(answer: HttpAnswer, why: string): ProtocolError {
  return new ProtocolError(
    `${answer.subject}: the file is not what the control plane declared: ${why}. Nothing of it is used.`,
    { code: 'DIGEST_MISMATCH' },
  )
}
