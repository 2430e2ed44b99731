/** What a parser makes of a target at an origin. */
export interface UrlReading {
  readonly host: string
  /** Segments of the path, decoded. */
  readonly segments: readonly string[]
  /** Parameters of the query, decoded, in order. */
  readonly query: readonly (readonly [key: string, value: string])[]
}

export const origin = 'http://git.example.com'

/** The same reading out of a path and a query that a parser gave. */
export function readingOf(host: string, path: string, query: string): UrlReading {
  return {
    host,
    segments: path
      .split('/')
      .filter((piece) => piece !== '')
      .map(decodeURIComponent),
    query: [...new URLSearchParams(query)],
  }
}

/** RFC 3986 as it is written: its grammar (appendix A), its expression (appendix B), its dots (5.2.4). */
export function strictReading(target: string): UrlReading {
  const url = `${origin}${target}`
  const grammar =
    /^[a-z][a-z0-9+.-]*:\/\/(?:[\w\-.~!$&'()*+,;=:]|%[0-9a-f]{2})*(?:\/(?:[\w\-.~!$&'()*+,;=:@]|%[0-9a-f]{2})*)*(?:\?(?:[\w\-.~!$&'()*+,;=:@/?]|%[0-9a-f]{2})*)?$/iu
  if (!grammar.test(url)) throw new Error('not a URI of RFC 3986')
  const [, , , , authority = '', path = '', , query = ''] =
    /^(([^:/?#]+):)?(\/\/([^/?#]*))?([^?#]*)(\?([^#]*))?(#(.*))?/u.exec(url) ?? []
  return readingOf(authority, removeDotSegments(path), query)
}

function removeDotSegments(path: string): string {
  const kept: string[] = []
  // Unreserved characters are the same encoded or not (6.2.2.2).
  for (const piece of path.replaceAll(/%2e/giu, '.').split('/')) {
    if (piece === '..') kept.pop()
    else if (piece !== '.') kept.push(piece)
  }
  return kept.join('/')
}
