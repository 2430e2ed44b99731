import { join } from 'node:path'

import { CacheError, ConfigurationError, fetchTool } from '@scalr-agent/core'

import type { Tool } from './find-tool.ts'

/** The release that the demo fetches when neither tool is in PATH. */
export const openTofuVersion = '1.12.6'
export const openTofuReleases = 'https://github.com/opentofu/opentofu/releases/download'

/** The release could not be had. The message tells the URL and how to go on. */
export class FetchToolError extends Error {
  override readonly name = 'FetchToolError'
}

export interface FetchOpenTofuOptions {
  /** Keeps `opentofu-<version>/tofu`. */
  readonly directory: string
  /** `<base>/v<version>/tofu_<version>_<os>_<arch>.zip` and `…_SHA256SUMS`. @default OpenTofu's releases */
  readonly baseUrl?: string
  readonly version?: string
  readonly platform?: string
  readonly onProgress?: (text: string) => void
  readonly signal?: AbortSignal
}

/**
 * OpenTofu's release in `directory`, fetched once: checked against the release's SHA256SUMS before
 * anything is unpacked, and the binary appears whole or not at all.
 *
 * @throws {@link FetchToolError}
 */
export async function fetchOpenTofu(options: FetchOpenTofuOptions): Promise<Tool> {
  const { platform, signal } = options
  const version = options.version ?? openTofuVersion
  const baseUrl = options.baseUrl ?? openTofuReleases
  options.onProgress?.(`Fetching OpenTofu ${version} from ${shown(baseUrl)}`)
  try {
    const path = await fetchTool({
      tool: 'tofu',
      version,
      directory: join(options.directory, `opentofu-${version}`),
      platform,
      baseUrl,
      connection: { proxy: proxyOfEnvironment(process.env) },
      signal,
    })
    return { iac: 'opentofu', path }
  } catch (error) {
    if (!(error instanceof CacheError || error instanceof ConfigurationError)) throw error
    throw new FetchToolError(error.message, { cause: error })
  }
}

/** Without user name and password. */
function shown(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'its mirror'
}

/** Behind a proxy the environment says which, as for curl. */
function proxyOfEnvironment(env: NodeJS.ProcessEnv) {
  return {
    httpProxy: env['http_proxy'] ?? env['HTTP_PROXY'],
    httpsProxy: env['https_proxy'] ?? env['HTTPS_PROXY'],
    noProxy: env['no_proxy'] ?? env['NO_PROXY'],
  }
}
