import type { RelayPolicy } from '../policy/index.ts'

export interface LinkContext {
  readonly policy: RelayPolicy
  /** Target of the request whose answer carries the links. */
  readonly target: string
}

/**
 * `Link` with paths instead of URLs, so that it holds in whatever way the VCS is reached. A link that the
 * policy would refuse is left out; undefined when none is left.
 */
export function rewriteLink(value: string, context: LinkContext): string | undefined {
  const links = value.split(/,(?=\s*<)/u).flatMap((part) => {
    const match = /^\s*<([^<>]*)>(.*)$/su.exec(part)
    const path = match === null ? undefined : linkTarget(match[1] ?? '', context)
    return path === undefined ? [] : [`<${path}>${match?.[2] ?? ''}`]
  })
  return links.length === 0 ? undefined : links.map((link) => link.trim()).join(', ')
}

function linkTarget(url: string, { policy, target }: LinkContext): string | undefined {
  const path = targetOf(url)
  if (path === undefined) return undefined
  const named = byName(path, target)
  return policy.decide('GET', named).allowed ? named : undefined
}

/** Path and query of a URL as they are written. */
function targetOf(url: string): string | undefined {
  if (url.startsWith('/') && !url.startsWith('//')) return url
  return /^https?:\/\/[^/?#]+(\/.*)$/iu.exec(url)?.[1]
}

/**
 * GitHub pages by the id of a repository (`/repositories/42/branches?page=2`), which no policy of names can
 * judge. It is the same list, so that the path of the request stands for it.
 */
function byName(path: string, target: string): string {
  const [pathname, query] = split(path)
  const tail = /\/repositories\/\d+(\/.*)?$/u.exec(pathname)
  if (tail === null) return path
  const [own] = split(target)
  const ownTail = /\/repos\/[^/]+\/[^/]+(\/.*)?$/u.exec(own)
  if (ownTail === null || (ownTail[1] ?? '') !== (tail[1] ?? '')) return path
  return query === undefined ? own : `${own}?${query}`
}

function split(target: string): readonly [path: string, query: string | undefined] {
  const mark = target.indexOf('?')
  return mark === -1 ? [target, undefined] : [target.slice(0, mark), target.slice(mark + 1)]
}
