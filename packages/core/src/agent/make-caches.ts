import { readFileSync } from 'node:fs'

import { createJobCaches, type JobCaches } from '../caches/index.ts'
import { ConfigurationError } from '../errors/index.ts'
import type { ResolvedAgentOptions } from '../options/index.ts'
import type { Clock } from '../runtime/index.ts'

const begin = '-----BEGIN PGP PUBLIC KEY BLOCK-----'

/**
 * The caches of an agent by its options. No I/O but keys and CA; directories are made when they are needed.
 *
 * @throws {@link ConfigurationError} for a key, a URL or a CA that cannot be used
 */
export function makeCaches(options: ResolvedAgentOptions, clock: Clock): JobCaches {
  const { cacheDir, dataDir, binaryCache, providerCache, caCert, proxy, logger } = options
  const { baseUrls, signingKeys } = binaryCache
  return createJobCaches({
    cacheDir,
    dataDir,
    binaries: {
      sizeLimitBytes: binaryCache.sizeLimitBytes,
      maxAgeDays: binaryCache.maxAgeDays,
      baseUrls: present({
        terraform: baseUrls.terraform,
        tofu: baseUrls.opentofu,
        terragrunt: baseUrls.terragrunt,
        opa: baseUrls.opa,
      }),
      signingKeys: present({
        terraform: signingKeys.terraform?.map(readSigningKey),
        tofu: signingKeys.opentofu?.map(readSigningKey),
      }),
    },
    providers: providerCache,
    connection: { caCert, proxy },
    clock,
    logger,
  })
}

function present<T>(fields: Readonly<Record<string, T | undefined>>): Record<string, T> {
  const given: Record<string, T> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) given[name] = value
  }
  return given
}

/** An armored key: the text itself, base64 of it, or the path of a file with it. */
function readSigningKey(value: string): string {
  if (value.includes(begin)) return value
  const decoded = /^[A-Za-z0-9+/=\s]+$/u.test(value)
    ? Buffer.from(value, 'base64').toString('utf8')
    : ''
  if (decoded.includes(begin)) return decoded
  if (value.length > 4096) throw unusable('is neither armored, nor base64 of that, nor a path')
  try {
    const text = readFileSync(value, 'utf8')
    if (text.includes(begin)) return text
  } catch (error) {
    throw unusable(`is in the file ${value}, which cannot be read`, error)
  }
  throw unusable(`is in the file ${value}, which holds no '${begin}'`)
}

function unusable(why: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(
    `Cannot use a signing key of the binary cache: it ${why}. Give armored text, base64 of it, or a path (SCALR_AGENT_BINARY_CACHE_SIGNING_KEYS).`,
    { cause },
  )
}
