import { parseTarget, type Permission, type RelayPolicy } from '../policy/index.ts'

/** Where a request goes. */
export interface Hop {
  readonly origin: string
  readonly permission: Permission
  /** Target to send: that of the permission, or of the place that an archive is at. */
  readonly target: string
  readonly withCredentials: boolean
}

export type NextHop =
  | { readonly kind: 'follow'; readonly hop: Hop }
  /** The client follows by itself, by a path that is matched anew. */
  | { readonly kind: 'pass'; readonly location: string }
  | { readonly kind: 'refuse'; readonly reason: string }

export interface RedirectSettings {
  /** Whether the request can be sent again, elsewhere. */
  readonly mayFollow: boolean
  readonly policy: RelayPolicy
  readonly origin: string
  readonly extraOrigins: readonly string[]
}

export const maxHops = 3

/** Decides over a redirect, which is followed by hand or not at all. */
export function nextHop(location: string, hop: Hop, settings: RedirectSettings): NextHop {
  const { policy, origin, extraOrigins } = settings
  const to = readLocation(location, hop.origin)
  if (typeof to === 'string') return refuse(to)
  if (to.origin.startsWith('http:') && hop.origin.startsWith('https:')) {
    return refuse('from https to http')
  }

  if (to.origin === origin) {
    const decision = policy.decide('GET', to.target)
    // git learns its new address from the redirect, and asks there by itself.
    if (hop.permission.endpoint.traffic === 'git') {
      return decision.allowed
        ? { kind: 'pass', location: to.target }
        : refuse('to a repository that the policy does not allow')
    }
    if (decision.allowed && settings.mayFollow) {
      return {
        kind: 'follow',
        hop: { origin, permission: decision, target: to.target, withCredentials: true },
      }
    }
    const passed: NextHop =
      'target' in parseTarget(to.target)
        ? { kind: 'pass', location: to.target }
        : // Clients may read another host out of it, as in '/\host'.
          refuse('to a path that can be read in two ways')
    return archiveHop(to, hop, settings) ?? passed
  }
  if (!extraOrigins.includes(to.origin)) {
    return refuse('to a host that is neither the VCS nor one of `extraOrigins`')
  }
  return (
    archiveHop(to, hop, settings) ??
    refuse('to one of `extraOrigins`, but not to the archive that was asked for')
  )
}

interface Place {
  readonly origin: string
  readonly target: string
}

function archiveHop(to: Place, hop: Hop, settings: RedirectSettings): NextHop | undefined {
  if (!hop.permission.endpoint.archive || !settings.mayFollow) return undefined
  const atExtraOrigin = to.origin !== settings.origin
  const follow = (permission: Permission): NextHop => ({
    kind: 'follow',
    // What the URL carries opens the archive; the credentials are for the VCS alone.
    hop: { origin: to.origin, permission, target: to.target, withCredentials: false },
  })
  if (settings.policy.kind !== 'github-enterprise') {
    // Stores of objects have paths of their own; the origin was configured for them.
    return atExtraOrigin && 'target' in parseTarget(to.target) ? follow(hop.permission) : undefined
  }
  const decision = settings.policy.decideArchive(to.target, {
    project: hop.permission.project,
    atExtraOrigin,
  })
  return decision.allowed ? follow({ ...hop.permission, target: decision.target }) : undefined
}

/** Takes a Location apart without changing a byte of its path; or says what is wrong with it. */
function readLocation(location: string, current: string): Place | string {
  if (location.startsWith('/') && !location.startsWith('//')) {
    return { origin: current, target: location }
  }
  const parts = /^(https?:\/\/)([^/?#\\@\s]+)(.*)$/isu.exec(location)
  const [, scheme = '', authority = '', rest = ''] = parts ?? []
  if (parts === null || !URL.canParse(`${scheme}${authority}`)) {
    return 'to something that is neither a URL nor a path'
  }
  const { origin } = new URL(`${scheme}${authority}`)
  return { origin, target: rest === '' ? '/' : rest }
}

function refuse(reason: string): NextHop {
  return { kind: 'refuse', reason }
}
