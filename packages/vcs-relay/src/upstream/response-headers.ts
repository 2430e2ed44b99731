import type { RelayPolicy } from '../policy/index.ts'
import type { HeaderPairs } from '../relay-exchange.ts'
import { hopByHopNames } from './header-lines.ts'
import { rewriteLink, type LinkContext } from './rewrite-link.ts'

/** Never passed on: sessions of the VCS, statements about its host, and what only the relay may say. */
const dropped: ReadonlySet<string> = new Set([
  'alt-svc',
  'clear-site-data',
  'content-location',
  'location',
  'nel',
  'public-key-pins',
  'refresh',
  'report-to',
  'set-cookie',
  'set-cookie2',
  'strict-transport-security',
])

/** Lines to pass on: `Link` as paths, no line for one hop, no host of the inside. */
export function responseHeaders(
  headers: HeaderPairs,
  context: LinkContext & {
    readonly policy: RelayPolicy
    /** Path of the place that it sends to, where the client may follow by itself. */
    readonly location: string | undefined
  },
): HeaderPairs {
  const ofThisHop = hopByHopNames(headers)
  const kept = headers.flatMap(([name, value]): HeaderPairs => {
    const lower = name.toLowerCase()
    if (dropped.has(lower) || ofThisHop.has(lower) || lower.startsWith('x-relay-')) return []
    if (lower !== 'link') return [[name, value]]
    const link = rewriteLink(value, context)
    return link === undefined ? [] : [[name, link]]
  })
  return [
    ...kept,
    ...(context.location === undefined ? [] : [['location', context.location] as const]),
    ['x-relay-origin', 'vcs'],
  ]
}
