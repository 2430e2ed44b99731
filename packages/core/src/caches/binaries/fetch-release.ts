import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import { CacheError } from '../../errors/index.ts'
import { unpackProgram } from '../archive/unpack-program.ts'
import type { FileServer } from '../download/file-server.ts'
import { orNotFound } from '../download/or-not-found.ts'
import { parseSums } from '../download/parse-sums.ts'
import { verifySignature } from '../download/verify-signature.ts'
import type { BinaryKey, BinaryRecord } from './binary-store.ts'
import { toolRelease, type ReleaseFile, type ToolRelease } from './tool-release.ts'

/** What is larger is no release of these tools. */
export interface ReleaseLimits {
  readonly maxDownloadBytes: number
  readonly maxProgramBytes: number
}

export const defaultReleaseLimits: ReleaseLimits = {
  maxDownloadBytes: 512 * 1024 ** 2,
  maxProgramBytes: 1024 ** 3,
}

export interface FetchReleaseOptions {
  readonly key: BinaryKey
  readonly server: FileServer
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
  const url = server.url(file.path)
  const source = url.href
  const archive = join(directory, 'download')
  const saved = await server.save(
    { url, item, signal: options.signal },
    { path: archive, maxBytes: options.limits.maxDownloadBytes },
  )
  if (saved.sha256 !== sum) {
    throw new CacheError(
      `Cannot use ${source} for ${item}: its SHA-256 is ${saved.sha256}, the release says ${sum}. It was damaged or changed on its way; nothing of it was kept. Compare the mirror with the makers' own release.`,
      { item, code: 'CORRUPT' },
    )
  }
  const staged = join(directory, 'entry')
  await mkdir(staged, { mode: 0o755 })
  const program = await unpackProgram({
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
    server.bytes({ url: server.url(path), item, signal })
  const content = await fetchSmall(release.sums)
  const { signature } = release
  if (options.signingKeys.length > 0 && signature !== undefined) {
    const source = server.url(signature).href
    const found = await orNotFound(fetchSmall(signature))
    await checkSignature(content, found, { item, source, keys: options.signingKeys })
  }
  const sums = parseSums(content.toString('utf8'))
  if (sums.size === 0) {
    throw new CacheError(
      `Cannot check ${item}: ${server.url(release.sums).href} is no list of SHA-256 sums. Check the base URL: a web page or proxy may answer there.`,
      { item, code: 'CORRUPT' },
    )
  }
  for (const file of release.files) {
    const sum = sums.get(file.name) ?? sums.get('')
    if (sum !== undefined) return { file, sum }
  }
  throw new CacheError(
    `Cannot fetch ${item}: its release has nothing for ${key.platform} (${server.url(release.sums).href} has no line for ${release.files[0]?.name}). Choose a version that was made for this system.`,
    { item, code: 'NOT_FOUND' },
  )
}

/** @throws {@link CacheError} `BAD_SIGNATURE` */
async function checkSignature(
  content: Uint8Array,
  signature: Uint8Array | undefined,
  { item, source, keys }: { item: string; source: string; keys: readonly string[] },
): Promise<void> {
  if (signature === undefined) {
    throw new CacheError(
      `Cannot trust ${item}: its sums must be signed, and there is no ${source}. Bring the signature to the mirror, or take the signing keys out of the options.`,
      { item, code: 'BAD_SIGNATURE' },
    )
  }
  const problem = await verifySignature({ content, signature, keys })
  if (problem === undefined) return
  const why = {
    'no-signature': `${source} is no OpenPGP signature`,
    'unreadable-key': 'a configured signing key cannot be read',
    'not-signed': `${source} is not by one of the configured signing keys, or its sums were changed`,
  }[problem.kind]
  throw new CacheError(
    `Cannot trust ${item}: ${why}. Nothing of it was kept. Compare the configured signing keys with those that its makers publish, and the mirror with their releases.`,
    { item, code: 'BAD_SIGNATURE', cause: problem.cause },
  )
}
