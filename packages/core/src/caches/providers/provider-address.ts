/** A provider as a lock file names it: `registry.terraform.io/hashicorp/time`. */
export interface ProviderAddress {
  /** With its port, where it has one. */
  readonly host: string
  readonly namespace: string
  readonly type: string
}

/** One version of a provider for one platform. */
export interface ProviderPackage extends ProviderAddress {
  readonly version: string
  /** `linux_amd64` */
  readonly platform: string
}

/** A package and the hashes that the lock file allows for it. */
export interface LockedPackage extends ProviderPackage {
  /** `h1:` of unpacked files and `zh:` of archives, of all platforms together. */
  readonly hashes: readonly string[]
}

const hostPattern = /^(?=.{1,253}(?::|$))[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9]\d{0,4})?$/u
const partPattern = /^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$/u

/**
 * Parses `host/namespace/type` as terraform writes it: lower case, each part fit to be the name of a
 * directory. `undefined` for everything else, also for names that only IDNA can spell.
 */
export function parseProviderAddress(text: string): ProviderAddress | undefined {
  const [host, namespace, type, ...rest] = text.split('/')
  if (host === undefined || namespace === undefined || type === undefined) return undefined
  if (rest.length > 0 || !isHost(host)) return undefined
  if (!partPattern.test(namespace) || !partPattern.test(type)) return undefined
  return { host, namespace, type }
}

/** `registry.terraform.io/hashicorp/time` */
export function addressText(provider: ProviderAddress): string {
  return `${provider.host}/${provider.namespace}/${provider.type}`
}

/** For people: `hashicorp/time 0.14.2`, with the host where it is not one of the two public ones. */
export function packageText(provider: ProviderPackage): string {
  const { host, namespace, type, version } = provider
  return `${publicHosts.has(host) ? '' : `${host}/`}${namespace}/${type} ${version}`
}

/** Where providers come from unless their address says otherwise. */
export const publicHosts: ReadonlySet<string> = new Set([
  'registry.terraform.io',
  'registry.opentofu.org',
])

/**
 * Whether a pattern of `include` covers a provider: `host/namespace/type`, where parts may be `*`. As in
 * terraform's own configuration, a pattern without host means the public registry.
 */
export function matchesProvider(pattern: string, provider: ProviderAddress): boolean {
  const parts = pattern.toLowerCase().split('/')
  const [type, namespace, host] = parts.toReversed()
  const isItsHost = host === undefined ? publicHosts.has(provider.host) : fits(host, provider.host)
  return isItsHost && fits(namespace, provider.namespace) && fits(type, provider.type)
}

function fits(pattern: string | undefined, value: string): boolean {
  return pattern === '*' || pattern === value
}

/**
 * Whether a text is a pattern that the tools accept in `include`: two or three parts, and what stands
 * behind a `*` is a `*` too. They refuse their whole configuration otherwise.
 */
export function isProviderPattern(text: string): boolean {
  const parts = text.toLowerCase().split('/')
  if (parts.length !== 2 && parts.length !== 3) return false
  const firstWild = parts.indexOf('*')
  if (firstWild >= 0 && parts.slice(firstWild).some((part) => part !== '*')) return false
  const [type, namespace, host] = parts.toReversed()
  const isPart = (part: string | undefined): boolean =>
    part === '*' || (part !== undefined && partPattern.test(part))
  return isPart(type) && isPart(namespace) && (host === undefined || host === '*' || isHost(host))
}

function isHost(text: string): boolean {
  return hostPattern.test(text) && !text.includes('..')
}
