import { z } from 'zod'

import { CacheError, ProtocolError } from '../../errors/index.ts'
import { PackageHttp, type PackageHttpOptions } from './package-http.ts'
import type { OfferedPackage, PackageSource } from './package-source.ts'
import { packageText, type ProviderAddress, type ProviderPackage } from './provider-address.ts'
import { isSignedByOneOf } from './signature.ts'

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
  readonly #http: PackageHttp

  constructor(host: string, options: Omit<PackageHttpOptions, 'baseUrl' | 'server' | 'token'>) {
    this.name = `the registry ${host}`
    this.#host = host
    this.#http = new PackageHttp({
      ...options,
      baseUrl: new URL(`https://${host}`),
      server: this.name,
    })
  }

  covers(provider: ProviderAddress): boolean {
    return provider.host === this.#host
  }

  async find(
    provider: ProviderPackage,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<OfferedPackage | undefined> {
    const doing = `find ${packageText(provider)} in ${this.name}`
    const services = await this.#http.json(
      { doing, url: new URL(`https://${this.#host}/.well-known/terraform.json`), signal },
      discoverySchema,
    )
    if (services === undefined) return undefined
    const base = resolve(services.value['providers.v1'], services.url, doing)
    const [os = '', arch = ''] = provider.platform.split('_')
    const { namespace, type, version } = provider
    const found = await this.#http.json(
      {
        doing,
        url: new URL(`${namespace}/${type}/${version}/download/${os}/${arch}`, base),
        signal,
      },
      downloadSchema,
    )
    if (found === undefined) return undefined
    const { value: offer, url } = found
    if (offer.os !== os || offer.arch !== arch) {
      throw new ProtocolError(`Cannot ${doing}: it answers for another platform.`)
    }
    await this.#checkSums(provider, offer, url, signal)
    return {
      hashes: [`zh:${offer.shasum}`],
      download: async (target, options) => {
        const fetching = `fetch ${packageText(provider)} from ${this.name}`
        const archive = resolve(offer.download_url, url, fetching)
        const sha256 = await this.#http.download(
          { doing: fetching, url: archive, ...options },
          target,
        )
        if (sha256 !== undefined) return sha256
        throw new ProtocolError(
          `Cannot ${fetching}: it lists the archive and does not have it (404).`,
        )
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
    const doing = `check ${packageText(provider)} of ${this.name}`
    const [sums, signature] = await Promise.all(
      [offer.shasums_url, offer.shasums_signature_url].map((it) =>
        this.#http.bytes({ doing, url: resolve(it, url, doing), signal }),
      ),
    )
    if (sums === undefined || signature === undefined) {
      throw refused(provider, doing, 'its sums or their signature are missing (404)')
    }
    const lines = sums.toString('utf8').split('\n')
    const isListed = lines.some((line) => {
      const [sum, name] = line.trim().split(/\s+/u)
      return sum === offer.shasum && name === offer.filename
    })
    if (!isListed)
      throw refused(provider, doing, 'its sum is not the one in the signed file of sums')
    const keys = (offer.signing_keys?.gpg_public_keys ?? []).map((key) => key.ascii_armor)
    if (keys.length === 0 && this.#host === mayBeUnsigned) return
    if (!(await isSignedByOneOf(keys, sums, signature))) {
      throw refused(provider, doing, "its sums are not signed by one of the registry's keys")
    }
  }
}

function resolve(target: string, base: URL, doing: string): URL {
  if (URL.canParse(target, base.href)) return new URL(target, base)
  throw new ProtocolError(`Cannot ${doing}: the answer holds a URL that is none.`)
}

function refused(provider: ProviderPackage, doing: string, why: string): CacheError {
  return new CacheError(`Cannot ${doing}: ${why}. Nothing of it is used.`, {
    item: packageText(provider),
    code: 'BAD_SIGNATURE',
  })
}
