import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

import { createDispatcher, type ConnectionOptions } from '../../http/index.ts'
import { systemClock } from '../../runtime/index.ts'
import { diskError } from '../disk-error.ts'
import type { ToolName } from '../job-caches.ts'
import { ownPlatform } from '../own-platform.ts'
import { checkToolVersion } from './check-tool-version.ts'
import { defaultReleaseLimits, fetchRelease } from './fetch-release.ts'
import { releaseServer } from './release-server.ts'

/** Which program to fetch, and where to put it. */
export interface FetchToolOptions {
  readonly tool: ToolName
  readonly version: string
  /** Absolute path. Appears whole or not at all; a directory that is there is replaced. */
  readonly directory: string
  /** @default that of this process, e.g. `linux_amd64` */
  readonly platform?: string | undefined
  /** Where the releases lie, in their makers' layout. @default their makers' own */
  readonly baseUrl?: string | undefined
  /** Armored OpenPGP public keys; with some, the sums must be signed by one of them. */
  readonly signingKeys?: readonly string[] | undefined
  readonly connection?: ConnectionOptions | undefined
  readonly signal?: AbortSignal | undefined
}

const idleTimeoutMs = 60_000

/**
 * Fetches one program for good, without a cache: checked against the sums of its release before anything
 * of it is unpacked.
 *
 * @returns the path of the program
 * @throws `CacheError` when it is not to be had; `ConfigurationError` for a URL that cannot be used
 */
export async function fetchTool(options: FetchToolOptions): Promise<string> {
  const { tool, directory, connection } = options
  const version = checkToolVersion(tool, options.version)
  const item = `${tool} ${version}`
  const dispatcher = createDispatcher(connection)
  let staging: string | undefined
  try {
    const download = { dispatcher, clock: systemClock, idleTimeoutMs }
    const server = releaseServer(tool, options.baseUrl, download)
    await mkdir(dirname(directory), { recursive: true })
    staging = await mkdtemp(join(dirname(directory), `.${basename(directory)}-`))
    const { staged } = await fetchRelease({
      key: { tool, version, platform: options.platform ?? ownPlatform() },
      server,
      signingKeys: options.signingKeys ?? [],
      directory: staging,
      limits: defaultReleaseLimits,
      signal: options.signal ?? new AbortController().signal,
    })
    await rm(directory, { recursive: true, force: true })
    await rename(staged, directory)
    return join(directory, tool)
  } catch (error) {
    options.signal?.throwIfAborted()
    throw diskError(error, { item, path: directory })
  } finally {
    if (staging !== undefined) await rm(staging, { recursive: true, force: true })
    await dispatcher.destroy()
  }
}
