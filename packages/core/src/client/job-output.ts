import { Readable } from 'node:stream'

import {
  abandon,
  readBounded,
  streamedBody,
  type HttpAnswer,
  type QueryValues,
} from '../http/index.ts'
import type { CallOptions } from './resource-client.ts'
import type { ScalrApi } from './scalr-api.ts'

/** How to read a log as one text. */
export interface OutputOptions extends CallOptions {
  /** Without ANSI escape codes. @default false */
  readonly clean?: boolean
  /** More is an error; read a stream instead. @default 256 MiB */
  readonly maxBytes?: number
}

/** How to read a log as a stream. */
export interface OutputStreamOptions extends CallOptions {
  readonly clean?: boolean
  /** Leaves out what was read before: how a log is followed. @default 0 */
  readonly fromByte?: number
}

/** What to read of which plan or apply. */
interface OutputSource {
  readonly doing: string
  readonly path: string
  readonly accept: string
}

const defaultMaxBytes = 256 * 1024 ** 2

/** A text whole; `undefined` while the server has none yet. */
export async function readOutput(
  api: ScalrApi,
  source: OutputSource,
  options: OutputOptions,
): Promise<string | undefined> {
  return await api.download(
    {
      ...source,
      query: cleanQuery(options.clean),
      statuses: [204],
      signal: options.signal,
    },
    async (answer) => {
      if (answer.status === 204) return nothing(answer)
      const bytes = await readBounded(answer.body, options.maxBytes ?? defaultMaxBytes, {
        subject: answer.subject,
        contentLength: answer.header('content-length'),
      })
      return bytes.toString('utf8')
    },
  )
}

/** The same as a stream, from a byte on: also of servers that know no ranges. */
export async function openOutput(
  api: ScalrApi,
  source: OutputSource,
  options: OutputStreamOptions,
): Promise<Readable | undefined> {
  const from = options.fromByte ?? 0
  return await api.download(
    {
      ...source,
      query: cleanQuery(options.clean),
      ...(from === 0 ? {} : { headers: { range: `bytes=${from}-` } }),
      // 416: nothing lies behind that byte yet.
      statuses: [204, 416],
      signal: options.signal,
    },
    async (answer) => {
      if (answer.status === 204 || answer.status === 416) return nothing(answer)
      const body = streamedBody(answer)
      return answer.status === 206 || from === 0 ? body : skip(body, from)
    },
  )
}

function nothing(answer: HttpAnswer): undefined {
  abandon(answer.body)
}

function cleanQuery(clean: boolean | undefined): QueryValues {
  return clean === true ? { clean: true } : {}
}

function skip(source: Readable, count: number): Readable {
  const rest = Readable.from(bytesAfter(source, count), { objectMode: false })
  // A stream that is destroyed before it was read never starts the generator, which would else close.
  return rest.once('close', () => abandon(source))
}

async function* bytesAfter(
  source: AsyncIterable<Uint8Array>,
  count: number,
): AsyncGenerator<Uint8Array> {
  let left = count
  for await (const chunk of source) {
    const rest = chunk.subarray(Math.min(left, chunk.byteLength))
    left -= chunk.byteLength - rest.byteLength
    if (rest.byteLength > 0) yield rest
  }
}
