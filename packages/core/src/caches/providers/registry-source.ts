import { z } from 'zod'

import { CacheError } from '../../errors/index.ts'
import { FileServer, type DownloadOptions } from '../download/file-server.ts'
import { orNotFound } from '../download/or-not-found.ts'
import { parseSums } from '../download/parse-sums.ts'
import { verifySignature } from '../download/verify-signature.ts'
import { maxArchiveBytes, type OfferedPackage, type PackageSource } from './package-source.ts'
import { packageText, type ProviderAddress, type ProviderPackage } from './provider-address.ts'

/** Where Terraform's protocols begin. */
export const discoveryPath = '.well-known/terraform.json'

const discoverySchema = z.object({ 'providers.v1': z.string() })

const downloadSchema = z.object({
  os: z.string(),
  arch: z.string(),
  filename: z.string(),
  download_url: z.string(),
  shasum: z.string().regex(/^[0-9a-f]{64}$/u),
  shasums_url: z.string(),
  shasums_signature_url: z.string(),
  signing_keys: z
    .object({ gpg_public_keys: z.array(z.object({ ascii_armor: z.string() })).nullish() })
    .nullish(),
})

/**
 * OpenTofu's own registry knows no keys of some providers, and `tofu` then relies on its TLS alone; every
 * other registry must sign.
 */
const mayBeUnsigned = 'registry.opentofu.org'

/** A provider's own registry: Terraform's provider registry protocol, with the checks that terraform makes. */
export class RegistrySource implements PackageSource {
  readonly name: string
  readonly #host: string
  readonly #server: FileServer

  constructor(host: string, options: DownloadOptions) {
    this.name = `the registry ${host}`
    this.#host = host
    this.#server = registryServer(host, options)
  }

  covers(provider: ProviderAddress): boolean {
    return provider.host === this.#host
  }

  async find(
    provider: ProviderPackage,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<OfferedPackage | undefined> {
    const item = packageText(provider)
    const doing = `find ${item} in ${this.name}`
    const services = await orNotFound(
      this.#server.json(
        { doing, item, url: this.#server.url(discoveryPath), signal },
        discoverySchema,
      ),
    )
    if (services === undefined) return undefined
    const base = resolve(services.value['providers.v1'], services.url, doing, item)
    const [os = '', arch = ''] = provider.platform.split('_')
    const { namespace, type, version } = provider
    const path = `${namespace}/${type}/${version}/download/${os}/${arch}`
    const found = await orNotFound(
      this.#server.json({ doing, item, url: new URL(path, base), signal }, downloadSchema),
    )
    if (found === undefined) return undefined
    const { value: offer, url } = found
    if (offer.os !== os || offer.arch !== arch) {
      throw broken(item, doing, 'it answers for another platform')
    }
    await this.#checkSums(provider, offer, url, signal)
    return {
      hashes: [`zh:${offer.shasum}`],
      download: async (target, options) => {
        const fetching = `fetch ${item} from ${this.name}`
        const archive = resolve(offer.download_url, url, fetching, item)
        const wanted = { doing: fetching, item, url: archive, ...options }
        const file = { path: target, maxBytes: maxArchiveBytes, mode: 0o444 }
        return (await this.#server.save(wanted, file)).sha256
      },
    }
  }

  /** The sum that was told must stand in the file of sums, and that must be signed by the registry's keys. */
  async #checkSums(
    provider: ProviderPackage,
    offer: z.output<typeof downloadSchema>,
    url: URL,
    signal: AbortSignal,
  ): Promise<void> {
    const item = packageText(provider)
    const doing = `check ${item} of ${this.name}`
    const [content, signature] = await Promise.all(
      [offer.shasums_url, offer.shasums_signature_url].map((it) =>
        orNotFound(this.#server.bytes({ doing, item, url: resolve(it, url, doing, item), signal })),
      ),
    )
    const refused = (why: string, cause?: unknown): CacheError =>
      new CacheError(`Cannot ${doing}: ${why}. Nothing of it is used.`, {
        item,
        code: 'BAD_SIGNATURE',
        cause,
      })
    if (content === undefined || signature === undefined) {
      throw refused('its sums or their signature are missing (404)')
    }
    if (parseSums(content.toString('utf8')).get(offer.filename) !== offer.shasum) {
      throw refused('its sum is not the one in the signed file of sums')
    }
    const keys = (offer.signing_keys?.gpg_public_keys ?? []).map((key) => key.ascii_armor)
    if (keys.length === 0 && this.#host === mayBeUnsigned) return
    const problem = await verifySignature({ content, signature, keys })
    if (problem !== undefined) {
      throw refused("its sums are not signed by one of the registry's keys", problem.cause)
    }
  }
}

/** The server behind a host, which may carry a port. */
export function registryServer(host: string, options: DownloadOptions): FileServer {
  return new FileServer({
    ...options,
    baseUrl: new URL(`https://${host}`),
    name: `the registry ${host}`,
    refusalAdvice: 'Check whether this agent may call it.',
    missingAdvice: 'Check the version in the lock file.',
  })
}

function resolve(target: string, base: URL, doing: string, item: string): URL {
  if (URL.canParse(target, base.href)) return new URL(target, base)
  throw broken(item, doing, 'the answer holds a URL that is none')
}

function broken(item: string, doing: string, why: string): CacheError {
  return new CacheError(`Cannot ${doing}: ${why}.`, { item, code: 'CORRUPT' })
}
