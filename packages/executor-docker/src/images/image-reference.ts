/** The parts of an image's name. */
export interface ImageReference {
  /** Host of the registry, with its port; `docker.io` where the name says none. */
  readonly registry: string
  /** e.g. `library/busybox`. */
  readonly path: string
  /** `latest` where the name has neither tag nor digest. */
  readonly tag: string | undefined
  /** e.g. `sha256:…`. */
  readonly digest: string | undefined
}

// The grammar of https://github.com/distribution/reference.
const pathComponent = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const domainComponent = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const domainPattern = new RegExp(
  `^(?:${domainComponent}(?:\\.${domainComponent})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`,
  'u',
)
const pathPattern = new RegExp(`^${pathComponent}(?:/${pathComponent})*$`, 'u')
const tagPattern = /^\w[\w.-]{0,127}$/u
const digestPattern = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/u
const longestName = 255

const hub = 'docker.io'

/**
 * Reads an image's name as Docker does. `undefined` for what is none.
 *
 * The first part is a registry when it holds a dot or a port, is `localhost`, or has upper-case letters;
 * else the image is one of Docker Hub.
 */
export function parseImageReference(text: string): ImageReference | undefined {
  const at = text.indexOf('@')
  const digest = at < 0 ? undefined : text.slice(at + 1)
  if (digest !== undefined && !digestPattern.test(digest)) return undefined
  const named = at < 0 ? text : text.slice(0, at)
  const colon = named.lastIndexOf(':')
  const hasTag = colon > named.lastIndexOf('/')
  const tag = hasTag ? named.slice(colon + 1) : undefined
  if (tag !== undefined && !tagPattern.test(tag)) return undefined
  const name = hasTag ? named.slice(0, colon) : named
  const slash = name.indexOf('/')
  const first = slash < 0 ? '' : name.slice(0, slash)
  const isRegistry = /[.:]/u.test(first) || first === 'localhost' || first !== first.toLowerCase()
  const registry = isRegistry ? normalRegistry(first) : hub
  const rest = isRegistry ? name.slice(slash + 1) : name
  const path = registry === hub && !rest.includes('/') ? `library/${rest}` : rest
  if (!domainPattern.test(registry) || !pathPattern.test(path)) return undefined
  if (registry.length + 1 + path.length > longestName) return undefined
  // 64 hexadecimal digits could be an image's id.
  if (!isRegistry && /^[a-f0-9]{64}$/u.test(rest)) return undefined
  return { registry, path, tag: tag ?? (digest === undefined ? 'latest' : undefined), digest }
}

/** The whole name, with registry and tag. Two names of one image give the same text. */
export function formatImageReference(reference: ImageReference): string {
  const { registry, path, tag, digest } = reference
  return `${registry}/${path}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

function normalRegistry(domain: string): string {
  return domain === 'index.docker.io' ? hub : domain
}
