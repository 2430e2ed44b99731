import type { CanonicalTarget } from './canonical-target.ts'
import type { Refusal } from './refusal.ts'

/** Names what is refused on purpose, where no endpoint matches: pushes, old git, LFS, GraphQL, tokens. */
export function knownRefusal(method: string, target: CanonicalTarget): Refusal | undefined {
  const names = target.segments.map((segment) => segment.decoded)
  const last = names.at(-1) ?? ''
  const twoLast = names.slice(-2).join('/')
  if (last === 'git-receive-pack') {
    return { step: 'git-push', reason: 'pushes never pass: git-receive-pack is not relayed' }
  }
  if (twoLast === 'info/refs' && method === 'GET') return infoRefs(target)
  if (names.includes('lfs') && (names.includes('info') || last === 'locks')) {
    return { step: 'git-lfs', reason: 'Git LFS is not relayed' }
  }
  if (isDumbHttp(names)) {
    return {
      step: 'git-dumb-http',
      reason: 'the files of a repository (dumb HTTP) are not relayed; use git 1.6.6 or later',
    }
  }
  if (names.includes('graphql')) {
    return { step: 'graphql', reason: 'GraphQL is not relayed: no rule can tell what it reads' }
  }
  const text = names.join('/')
  if (/(?:^|\/)(?:access_tokens|oauth\/(?:token|authorize|access_token)|tokens)$/u.test(text)) {
    return {
      step: 'credential-endpoint',
      reason: 'endpoints that give out tokens are not relayed; the agent holds the credentials',
    }
  }
  return undefined
}

function infoRefs(target: CanonicalTarget): Refusal {
  const services = target.query.filter(({ key }) => key === 'service').map(({ value }) => value)
  if (services.includes('git-receive-pack')) {
    return { step: 'git-push', reason: 'pushes never pass: git-receive-pack is not relayed' }
  }
  if (target.rawQuery === undefined) {
    return {
      step: 'git-dumb-http',
      reason: 'the refs of a repository without a service (dumb HTTP) are not relayed',
    }
  }
  return { step: 'git-service', reason: 'the query must be exactly service=git-upload-pack' }
}

function isDumbHttp(names: readonly string[]): boolean {
  const text = names.join('/')
  return (
    names.at(-1) === 'HEAD' ||
    /\/objects\/(?:info\/(?:packs|alternates|http-alternates)|pack\/[^/]+|[0-9a-f]{2}\/[0-9a-f]{38,62})$/u.test(
      text,
    )
  )
}
