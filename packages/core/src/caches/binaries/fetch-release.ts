import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { CacheError } from '../../errors/index.ts'
import { abandon, readBounded } from '../../http/index.ts'
import type { BinaryKey, BinaryRecord } from './binary-store.ts'
import { parseSums } from './parse-sums.ts'
import type { ReleaseServer } from './release-server.ts'
import { saveStream, tooLarge, type SavedFile } from './save-stream.ts'
import { toolRelease, type ReleaseFile, type ToolRelease } from './tool-release.ts'
import { unpack } from './unpack.ts'
import { verifySignature } from './verify-signature.ts'

/** What is larger is no release of these tools. */
export interface ReleaseLimits {
  readonly maxDownloadBytes: number
  readonly maxProgramBytes: number
}

export interface FetchReleaseOptions {
  readonly key: BinaryKey
  readonly server: ReleaseServer
  /** Armored public keys; none: the sums alone are checked. */
  readonly signingKeys: readonly string[]
  /** Empty; on the file system of the cache. */
  readonly directory: string
  readonly limits: ReleaseLimits
  readonly signal: AbortSignal
}

export interface FetchedRelease {
  /** Directory that holds the program alone. */
  readonly staged: string
  readonly record: BinaryRecord
}

const maxSumsBytes = 1024 * 1024

/**
 * Fetches a program: its sums, their signature where keys are known, the file of its release, which must
 * have the sum, and the program out of that.
 *
 * @throws {@link CacheError}
 */
export async function fetchRelease(options: FetchReleaseOptions): Promise<FetchedRelease> {
  const { key, server, directory } = options
  const item = `${key.tool} ${key.version}`
  const release = toolRelease(key.tool, key.version, key.platform)
  const { file, sum } = await fetchSum(release, options, item)
  const source = server.url(file.path)
  const archive = join(directory, 'download')
  const saved = await server.get({
    path: file.path,
    item,
    signal: options.signal,
    read: async (answer): Promise<SavedFile> => {
      const limit = { item, source, maxBytes: options.limits.maxDownloadBytes }
      if (Number(answer.header('content-length') ?? 0) > limit.maxBytes) {
        abandon(answer.body)
        throw tooLarge(limit)
      }
      // An earlier attempt may have left its half.
      await rm(archive, { force: true })
      return saveStream(() => answer.body, { ...limit, path: archive, mode: 0o600 })
    },
  })
  if (saved.sha256 !== sum) {
    throw new CacheError(
      `Cannot use ${source} for ${item}: its SHA-256 is ${saved.sha256}, the release says ${sum}. It was damaged or changed on its way; nothing of it was kept. Compare the mirror with the makers' own release.`,
      { item, code: 'CORRUPT' },
    )
  }
  const staged = join(directory, 'entry')
  await mkdir(staged, { mode: 0o755 })
  const program = await unpack({
    archive,
    format: file.format,
    name: key.tool,
    target: join(staged, key.tool),
    maxBytes: options.limits.maxProgramBytes,
    item,
    source,
    signal: options.signal,
  })
  return { staged, record: { ...program, source } }
}

async function fetchSum(
  release: ToolRelease,
  options: FetchReleaseOptions,
  item: string,
): Promise<{ readonly file: ReleaseFile; readonly sum: string }> {
  const { server, key, signal } = options
  const fetchSmall = (path: string): Promise<Buffer> =>
    server.get({
      path,
      item,
      signal,
      read: (answer) =>
        readBounded(answer.body, maxSumsBytes, {
          subject: answer.subject,
          contentLength: answer.header('content-length'),
        }),
    })
  const content = await fetchSmall(release.sums)
  if (options.signingKeys.length > 0 && release.signature !== undefined) {
    const signature = await fetchSmall(release.signature).catch((error: unknown) => {
      if (!(error instanceof CacheError) || error.code !== 'NOT_FOUND') throw error
      throw new CacheError(
        `Cannot trust ${item}: its sums must be signed, and there is no ${server.url(release.signature ?? '')}. Bring the signature to the mirror, or take the signing keys out of the options.`,
        { item, code: 'BAD_SIGNATURE', cause: error },
      )
    })
    await verifySignature({
      content,
      signature,
      keys: options.signingKeys,
      item,
      source: server.url(release.signature),
    })
  }
  const sums = parseSums(content.toString('utf8'))
  if (sums.size === 0) {
    throw new CacheError(
      `Cannot check ${item}: ${server.url(release.sums)} is no list of SHA-256 sums. Check the base URL: a web page or proxy may answer there.`,
      { item, code: 'CORRUPT' },
    )
  }
  for (const file of release.files) {
    const sum = sums.get(file.name) ?? sums.get('')
    if (sum !== undefined) return { file, sum }
  }
  throw new CacheError(
    `Cannot fetch ${item}: its release has nothing for ${key.platform} (${server.url(release.sums)} has no line for ${release.files[0]?.name}). Choose a version that was made for this system.`,
    { item, code: 'NOT_FOUND' },
  )
}
