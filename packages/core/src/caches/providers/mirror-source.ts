import { z } from 'zod'

import { CacheError, ConfigurationError } from '../../errors/index.ts'
import { isLoopbackHost } from '../../http/index.ts'
import { FileServer, type DownloadOptions } from '../download/file-server.ts'
import { orNotFound } from '../download/or-not-found.ts'
import type { ProviderNetworkMirror } from '../provider-settings.ts'
import { maxArchiveBytes, type OfferedPackage, type PackageSource } from './package-source.ts'
import {
  addressText,
  isProviderPattern,
  matchesProvider,
  packageText,
  type ProviderAddress,
  type ProviderPackage,
} from './provider-address.ts'

const versionSchema = z.object({
  archives: z.record(
    z.string(),
    z.object({ url: z.string(), hashes: z.array(z.string()).nullish() }),
  ),
})

/** A network mirror, checked: the URL ends with a slash, the patterns are such that the tools take them. */
export interface CheckedMirror {
  readonly url: URL
  readonly token: string | undefined
  readonly include: readonly string[]
}

/** @throws {@link ConfigurationError} */
export function checkMirror(mirror: ProviderNetworkMirror): CheckedMirror {
  const url = URL.canParse(mirror.url) ? new URL(mirror.url) : undefined
  const isSafe =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname))
  if (url === undefined || !isSafe || url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new ConfigurationError(
      `Cannot use a network mirror of providers: ${url === undefined ? 'its URL' : url.host} is not given as a plain https:// URL without user name, query and fragment (SCALR_AGENT_PROVIDER_NETWORK_MIRRORS).`,
    )
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  const include = mirror.include ?? []
  const wrong = include.find((pattern) => !isProviderPattern(pattern))
  if (wrong !== undefined) {
    throw new ConfigurationError(
      `Cannot use the network mirror ${url.host}: '${wrong.slice(0, 100)}' in its \`include\` is no pattern that terraform and tofu accept. Write host/namespace/type, with * for what stands at the end: registry.terraform.io/*/*.`,
    )
  }
  const token = mirror.token === undefined || mirror.token === '' ? undefined : mirror.token
  // RFC 6750; it also goes into a file of the tools, whose quoting has no way to write a `${`.
  if (token !== undefined && !/^[\w.~+/-]+=*$/u.test(token)) {
    throw new ConfigurationError(
      `Cannot use the network mirror ${url.host}: its token holds characters that bearer tokens do not have (SCALR_AGENT_PROVIDER_NETWORK_MIRRORS).`,
    )
  }
  return { url, token, include }
}

/** Terraform's network mirror protocol, as far as one locked version needs it. */
export class MirrorSource implements PackageSource {
  readonly name: string
  readonly #mirror: CheckedMirror
  readonly #server: FileServer

  constructor(mirror: CheckedMirror, options: DownloadOptions) {
    this.name = `the network mirror ${mirror.url.host}`
    this.#mirror = mirror
    this.#server = new FileServer({
      ...options,
      baseUrl: mirror.url,
      name: this.name,
      token: mirror.token,
      refusalAdvice: `Check the token of ${this.name}; what it does not have, a mirror must answer with 404.`,
      missingAdvice: `Bring it to ${this.name}.`,
    })
  }

  covers(provider: ProviderAddress): boolean {
    const { include } = this.#mirror
    return include.length === 0 || include.some((pattern) => matchesProvider(pattern, provider))
  }

  async find(
    provider: ProviderPackage,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<OfferedPackage | undefined> {
    const item = packageText(provider)
    const doing = `find ${item} in ${this.name}`
    const path = `${addressText(provider)}/${provider.version}.json`
    const found = await orNotFound(
      this.#server.json(
        { doing, item, url: new URL(path, this.#mirror.url), signal },
        versionSchema,
      ),
    )
    const archive = found?.value.archives[provider.platform]
    if (found === undefined || archive === undefined) return undefined
    if (!URL.canParse(archive.url, found.url.href)) {
      const why = `Cannot ${doing}: the URL of its archive is none.`
      throw new CacheError(why, { item, code: 'CORRUPT' })
    }
    const url = new URL(archive.url, found.url)
    return {
      hashes: archive.hashes ?? [],
      download: async (target, options) => {
        const wanted = { doing: `fetch ${item} from ${this.name}`, item, url, ...options }
        const file = { path: target, maxBytes: maxArchiveBytes, mode: 0o444 }
        return (await this.#server.save(wanted, file)).sha256
      },
    }
  }
}
