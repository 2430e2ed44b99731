import { readQuery, type QueryParameter } from './canonical-query.ts'
import { RefusedTarget, type Refusal } from './refusal.ts'
import { readSegment, type Segment } from './segment.ts'

/**
 * A request target that can be read in one way alone. What the policy matches is read from it, and `raw`
 * is what is sent (I11).
 */
export interface CanonicalTarget {
  readonly raw: string
  readonly segments: readonly Segment[]
  /** The path ends with a slash. */
  readonly trailingSlash: boolean
  /** As it is sent, without the `?`; undefined without one. */
  readonly rawQuery: string | undefined
  readonly query: readonly QueryParameter[]
}

/** Longest target that is looked at: as much as common servers take. */
const maxTargetLength = 8192
const maxSegments = 64

// RFC 3986 pchar without ';', which some servers take as the begin of path parameters.
const pathCharacters = /^[A-Za-z0-9\-._~!$&'()*+,=:@%/]*$/u

/** Parses a target once. Whatever two parsers could read differently is refused, with the step that did. */
export function parseTarget(
  raw: string,
): { readonly target: CanonicalTarget } | { readonly refusal: Refusal } {
  try {
    return { target: parse(raw) }
  } catch (error) {
    if (error instanceof RefusedTarget) return { refusal: error.refusal }
    throw error
  }
}

function parse(raw: string): CanonicalTarget {
  if (raw.length > maxTargetLength) {
    throw new RefusedTarget('length', `the target is longer than ${maxTargetLength} bytes`)
  }
  if (!raw.startsWith('/')) {
    throw new RefusedTarget(
      'origin-form',
      "the target does not begin with '/': it must be a path, without scheme, host or user",
    )
  }
  checkCharacters(raw)
  const mark = raw.indexOf('?')
  const path = mark === -1 ? raw : raw.slice(0, mark)
  const rawQuery = mark === -1 ? undefined : raw.slice(mark + 1)
  if (path.includes('//')) {
    throw new RefusedTarget('empty-segment', 'the path holds two slashes side by side')
  }
  if (!pathCharacters.test(path)) {
    throw new RefusedTarget(
      'character',
      `the path holds the character '${other(path)}', which must be percent-encoded or is not allowed`,
    )
  }
  const trailingSlash = path.endsWith('/')
  const pieces = path.slice(1, trailingSlash ? -1 : undefined).split('/')
  if (pieces.length > maxSegments) {
    throw new RefusedTarget('length', `the path has more than ${maxSegments} segments`)
  }
  return {
    raw,
    // The path '/' has none.
    segments: pieces.filter((piece) => piece !== '').map(readSegment),
    trailingSlash,
    rawQuery,
    query: rawQuery === undefined ? [] : readQuery(rawQuery),
  }
}

function checkCharacters(raw: string): void {
  for (const character of raw) {
    const code = character.codePointAt(0) ?? 0
    if (code > 0x7f) {
      throw new RefusedTarget('character', 'the target holds a character that is not ASCII')
    }
    if (code <= 0x20 || code === 0x7f) {
      throw new RefusedTarget('character', 'the target holds a control character or a blank')
    }
    if (character === '\\') {
      throw new RefusedTarget('character', 'the target holds a backslash')
    }
    if (character === '#') throw new RefusedTarget('fragment', "the target holds a fragment ('#')")
  }
}

function other(path: string): string {
  return Array.from(path).find((character) => !pathCharacters.test(character)) ?? ''
}
