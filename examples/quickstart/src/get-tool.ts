import { join } from 'node:path'

import { fetchOpenTofu, FetchToolError, openTofuVersion } from './fetch-opentofu.ts'
import { findTool, type Iac, type Tool } from './find-tool.ts'

export interface GetToolOptions {
  readonly iac: Iac | undefined
  /** `PATH` of the demo. */
  readonly searchPath: string
  /** Keeps what was fetched. */
  readonly directory: string
  readonly releasesUrl: string
  readonly onProgress: (text: string) => void
  readonly signal: AbortSignal
}

/**
 * The tool from `PATH`, else OpenTofu as an earlier demo fetched it, else fetched now.
 *
 * @throws {@link FetchToolError} that says how to go on
 */
export async function getTool(options: GetToolOptions): Promise<Tool> {
  const { iac, searchPath, directory, releasesUrl, onProgress, signal } = options
  const found = await findTool(iac, searchPath)
  if (found !== undefined) return found
  if (iac === 'terraform') {
    throw new FetchToolError(
      'terraform is not in PATH. Install it (https://developer.hashicorp.com/terraform/install), or run the demo with --iac opentofu.',
    )
  }
  const kept = await findTool('opentofu', join(directory, `opentofu-${openTofuVersion}`))
  if (kept !== undefined) return kept
  try {
    return await fetchOpenTofu({ directory, baseUrl: releasesUrl, onProgress, signal })
  } catch (error) {
    if (!(error instanceof FetchToolError)) throw error
    const missing = iac === undefined ? 'Neither terraform nor tofu is' : 'tofu is not'
    throw new FetchToolError(
      `${error.message}\n${missing} in PATH, and OpenTofu could not be fetched. Install one (https://opentofu.org/docs/intro/install/) and run the demo again, or name a mirror of its releases with --opentofu-url.`,
      { cause: error },
    )
  }
}
