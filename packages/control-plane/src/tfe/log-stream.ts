/** Control characters between which a log stands, so that a client knows its beginning and its end. */
const startOfText = 0x02
const endOfText = 0x03

/** A log as clients read it: between two markers, in pieces of their choice. */
export interface LogStream {
  /** What stands before the first byte of the file. */
  readonly head: Buffer
  /** Bytes of the file. */
  readonly bytes: number
  /** Whether nothing will be added. */
  readonly isComplete: boolean
}

/** The part of a stream that was asked for: some of the head, some of the file, maybe the end. */
export interface LogPart {
  readonly head: Buffer
  readonly file: { readonly start: number; readonly end: number }
  readonly tail: Buffer
}

/** The client leaves out the first lines of an apply, which at HashiCorp repeat what the plan said. */
const linesLeftOut = 3

export function logHead(phase: 'plan' | 'apply'): Buffer {
  const lines = phase === 'apply' ? linesLeftOut : 0
  return Buffer.from(`${String.fromCodePoint(startOfText)}${'\n'.repeat(lines)}`)
}

/** `[offset, offset + limit)` of the stream. */
export function logPart(
  stream: LogStream,
  range: { readonly offset: number; readonly limit: number },
): LogPart {
  const from = range.offset
  const to = from + range.limit
  const fileAt = stream.head.byteLength
  const tailAt = fileAt + stream.bytes
  const clamp = (value: number): number => Math.min(Math.max(value, 0), stream.bytes)
  const isTailAsked = from <= tailAt && tailAt < to
  return {
    head: stream.head.subarray(Math.min(from, fileAt), Math.min(to, fileAt)),
    file: { start: clamp(from - fileAt), end: clamp(to - fileAt) },
    tail: stream.isComplete && isTailAsked ? Buffer.from([endOfText]) : Buffer.alloc(0),
  }
}

const defaultLimit = 64 * 1024
const maxLimit = 1024 ** 2

/** `limit` and `offset` of a query; what is no number is as good as nothing. */
export function logRange(url: string): { readonly offset: number; readonly limit: number } {
  const start = url.indexOf('?')
  const query = new URLSearchParams(start === -1 ? '' : url.slice(start + 1))
  const number = (name: string, fallback: number): number => {
    const value = query.get(name)
    return value !== null && /^\d{1,15}$/u.test(value) ? Number(value) : fallback
  }
  return { offset: number('offset', 0), limit: Math.min(number('limit', defaultLimit), maxLimit) }
}
