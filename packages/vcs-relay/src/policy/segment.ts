import { RefusedTarget } from './refusal.ts'

/** One piece of a path between two slashes: as it is sent, and as it is to be read. */
export interface Segment {
  readonly raw: string
  readonly decoded: string
  /** Holds `%2F`: legal in slots of projects, refs and paths alone. */
  readonly hasEncodedSlash: boolean
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Reads a segment, and refuses what two readers could read in two ways. */
export function readSegment(raw: string): Segment {
  const decoded = decodeText(raw, 'path')
  const twice = tryDecode(decoded)
  if (twice !== undefined && twice !== decoded) {
    throw new RefusedTarget('double-encoding', 'a segment of the path is percent-encoded twice')
  }
  if (decoded.includes('\\')) {
    throw new RefusedTarget('encoded-backslash', 'the path holds an encoded backslash (%5C)')
  }
  if (decoded.includes(';')) {
    throw new RefusedTarget('character', "the path holds an encoded ';' (%3B)")
  }
  checkPieces(decoded)
  const folded = decoded.normalize('NFKC')
  if (count(folded, '/') !== count(decoded, '/') || folded.includes('\\') || hasDots(folded)) {
    throw new RefusedTarget(
      'compatibility-form',
      'the path holds a character that some servers turn into a slash, a backslash or a dot',
    )
  }
  return { raw, decoded, hasEncodedSlash: decoded.includes('/') }
}

/** Percent-decoding to strict UTF-8 without control characters. */
export function decodeText(raw: string, where: 'path' | 'query'): string {
  const bytes: number[] = []
  for (let index = 0; index < raw.length; index++) {
    if (raw[index] !== '%') {
      bytes.push(raw.charCodeAt(index))
      continue
    }
    const hex = raw.slice(index + 1, index + 3)
    if (!/^[0-9A-Fa-f]{2}$/u.test(hex)) {
      throw new RefusedTarget(
        'percent-encoding',
        `the ${where} holds a '%' that two hexadecimal digits do not follow`,
      )
    }
    const byte = Number.parseInt(hex, 16)
    if (byte < 0x20 || byte === 0x7f) {
      throw new RefusedTarget('encoded-control', `the ${where} holds an encoded control character`)
    }
    bytes.push(byte)
    index += 2
  }
  try {
    return utf8.decode(Uint8Array.from(bytes))
  } catch {
    throw new RefusedTarget('utf-8', `the ${where} is not UTF-8 once it is decoded`)
  }
}

function checkPieces(decoded: string): void {
  const pieces = decoded.split('/')
  if (hasDots(decoded)) {
    throw new RefusedTarget(
      'dot-segment',
      "the path holds '.' or '..' as a segment, as it is or percent-encoded",
    )
  }
  if (pieces.length > 1 && pieces.includes('')) {
    throw new RefusedTarget('empty-segment', 'the path holds two slashes side by side (%2F)')
  }
}

// Also with blanks behind them, which some file systems drop.
function hasDots(text: string): boolean {
  return text.split('/').some((piece) => /^\.[. ]*$/u.test(piece))
}

function tryDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    // A stray '%' is no encoding; a mixture of both still is one.
    return /%[0-9A-Fa-f]{2}/u.test(text) ? '' : undefined
  }
}

function count(text: string, character: string): number {
  return text.split(character).length - 1
}
