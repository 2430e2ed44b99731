import { FileServer, type DownloadOptions } from '../download/file-server.ts'
import type { ToolName } from '../job-caches.ts'
import { parseReleaseUrl } from './release-url.ts'
import { defaultBaseUrls } from './tool-release.ts'

/**
 * Where the releases of a tool lie.
 *
 * @throws `ConfigurationError` for a URL that cannot be used
 */
export function releaseServer(
  tool: ToolName,
  baseUrl: string | undefined,
  options: DownloadOptions,
): FileServer {
  const name = `the releases of ${tool}`
  const { url, authorization } = parseReleaseUrl(baseUrl ?? defaultBaseUrls[tool], name)
  const shown = `${url.origin}${url.pathname.replace(/\/$/u, '')}`
  return new FileServer({
    ...options,
    baseUrl: url,
    name,
    authorization,
    missingAdvice: `Check the version, and whether ${shown} has the releases in their makers' layout.`,
    refusalAdvice: `Check that this agent may read ${shown}, and the user name and password in its base URL; some mirrors answer so also for a version that they do not have.`,
  })
}
