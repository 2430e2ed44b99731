import type { HeaderPairs } from '../relay-exchange.ts'

/** Most that the headers of a webhook may be; forges send about twenty lines. */
export const headerLimits = { lines: 100, bytes: 32 * 1024 } as const

/** Node's flat list of names and values as pairs, in their order. */
export function headerPairs(rawHeaders: readonly string[]): HeaderPairs {
  const pairs: (readonly [string, string])[] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    pairs.push([rawHeaders[index] ?? '', rawHeaders[index + 1] ?? ''])
  }
  return pairs
}

/** Whether these headers are more than any forge sends. */
export function exceedsHeaderLimits(headers: HeaderPairs): boolean {
  const bytes = headers.reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value) + 4,
    0,
  )
  return headers.length > headerLimits.lines || bytes > headerLimits.bytes
}

/**
 * The value of a header that must not be ambiguous: `undefined` where it is absent or empty, and where it
 * occurs twice, since two readers could choose differently.
 */
export function singleHeader(headers: HeaderPairs, name: string): string | undefined {
  const values = headers.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value)
  const [only] = values
  return values.length === 1 && only !== undefined && only.trim() !== '' ? only.trim() : undefined
}

/** The headers without those of that name. */
export function withoutHeader(headers: HeaderPairs, name: string): HeaderPairs {
  return headers.filter(([each]) => each.toLowerCase() !== name)
}
