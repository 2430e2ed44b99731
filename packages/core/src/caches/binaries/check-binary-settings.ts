import { ConfigurationError } from '../../errors/index.ts'
import type { BinaryCacheSettings } from '../job-caches-options.ts'
import { parseReleaseUrl } from './release-url.ts'

/** @throws {@link ConfigurationError} for a base URL or a key that cannot be used */
export function checkBinarySettings(settings: BinaryCacheSettings): void {
  for (const [tool, baseUrl] of Object.entries(settings.baseUrls ?? {})) {
    parseReleaseUrl(baseUrl, `the releases of ${tool}`)
  }
  for (const [tool, keys] of Object.entries(settings.signingKeys ?? {})) {
    for (const key of keys) {
      if (key.includes('-----BEGIN PGP PUBLIC KEY BLOCK-----')) continue
      throw new ConfigurationError(
        `Cannot use a signing key of ${tool}: it is no armored OpenPGP public key. Give the text with -----BEGIN PGP PUBLIC KEY BLOCK-----.`,
      )
    }
  }
}
