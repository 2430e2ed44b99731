import type { HeaderPairs } from '../relay-exchange.ts'
import { hopByHopNames } from './header-lines.ts'

/**
 * The only headers that go from the control plane to the VCS. An allow-list: it keeps out credentials,
 * another method (`X-HTTP-Method-Override`), another path (`X-Original-URL`), another user (`Sudo`), another
 * host, and whatever the next proxy believes.
 */
const passed: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-type',
  'git-protocol',
  'idempotency-key',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'pragma',
  'range',
  'traceparent',
  'user-agent',
  'x-github-api-version',
  'x-request-id',
])

const ofBody: ReadonlySet<string> = new Set(['content-encoding', 'content-length', 'content-type'])

/** Lines to send to the VCS: what may pass, the agent's credentials, and a name where none came. */
export function requestHeaders(
  headers: HeaderPairs,
  options: { readonly credentials: HeaderPairs; readonly hasBody: boolean },
): HeaderPairs {
  const dropped = hopByHopNames(headers)
  const seen = new Set<string>()
  const kept = headers.filter(([name]) => {
    const lower = name.toLowerCase()
    if (!passed.has(lower) || dropped.has(lower)) return false
    if (ofBody.has(lower) && !options.hasBody) return false
    // A second length is the same as the first by now, and needless.
    if (lower === 'content-length' && seen.has(lower)) return false
    seen.add(lower)
    return true
  })
  return [
    ...kept,
    // GitHub answers none without it.
    ...(seen.has('user-agent') ? [] : [['user-agent', 'scalr-agent-vcs-relay'] as const]),
    ...options.credentials,
  ]
}
