import { Readable } from 'node:stream'

import { NetworkError, TimeoutError } from '../errors/index.ts'
import { abandon } from './bounded-body.ts'
import type { HttpAnswer } from './http-call.ts'
import { translateFailure } from './network-failure.ts'

/** The body of an answer for a caller: what breaks it off comes as an error of our family. */
export function streamedBody(answer: HttpAnswer): Readable {
  const stream = Readable.from(bytesOf(answer), { objectMode: false })
  // A stream that is destroyed before it was read never starts the generator, which would else close.
  return stream.once('close', () => abandon(answer.body))
}

async function* bytesOf(answer: HttpAnswer): AsyncGenerator<Uint8Array> {
  let bytes = 0
  try {
    for await (const chunk of answer.body) {
      if (!(chunk instanceof Uint8Array)) continue
      bytes += chunk.byteLength
      yield chunk
    }
  } catch (failure) {
    throw brokenOff(failure, answer, bytes)
  }
}

function brokenOff(failure: unknown, answer: HttpAnswer, bytes: number): unknown {
  const { error } = translateFailure(failure, { subject: answer.subject, host: answer.url.host })
  const message = (text: string): string =>
    `${text} Only ${bytes} bytes had come. Throw them away and ask again.`
  if (error instanceof NetworkError) {
    return new NetworkError(message(error.message), { cause: failure })
  }
  return error instanceof TimeoutError
    ? new TimeoutError(message(error.message), { cause: failure })
    : error
}
