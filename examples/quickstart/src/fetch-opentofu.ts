import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

import { EnvHttpProxyAgent, fetch } from 'undici'
import { open, type Entry, type ZipFile } from 'yauzl'

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
 * OpenTofu's release in `directory`, fetched once: the zip is checked against the release's SHA256SUMS
 * before anything is unpacked, and the binary appears whole or not at all.
 *
 * @throws {@link FetchToolError}
 */
export async function fetchOpenTofu(options: FetchOpenTofuOptions): Promise<Tool> {
  const version = options.version ?? openTofuVersion
  const platform = options.platform ?? releasePlatform()
  const target = join(options.directory, `opentofu-${version}`)
  const path = join(target, 'tofu')
  const name = `tofu_${version}_${platform}.zip`
  const base = `${options.baseUrl ?? openTofuReleases}/v${version}`
  const url = `${base}/${name}`
  await mkdir(options.directory, { recursive: true })
  const staging = await mkdtemp(join(options.directory, '.opentofu-'))
  try {
    const sums = await downloadText(`${base}/tofu_${version}_SHA256SUMS`, options.signal)
    const expected = readSum(sums, name, url)
    options.onProgress?.(`Fetching ${url}`)
    const answer = await download(url, options.signal)
    const archive = join(staging, name)
    const actual = await save(answer, archive, url)
    if (actual !== expected) {
      throw new FetchToolError(
        `Cannot use ${url}: its SHA-256 is ${actual}, the release says ${expected}. The download was damaged or changed on its way; nothing of it was kept.`,
      )
    }
    await unpackBinary(archive, join(staging, 'tofu')).catch((cause: unknown) => {
      options.signal?.throwIfAborted()
      throw new FetchToolError(`Cannot unpack ${url}: ${reasonOf(cause)}.`, { cause })
    })
    await rm(archive)
    await rm(target, { recursive: true, force: true })
    await rename(staging, target)
    return { iac: 'opentofu', path }
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

function releasePlatform(): string {
  const arch = process.arch === 'arm64' ? 'arm64' : 'amd64'
  return `${process.platform === 'darwin' ? 'darwin' : 'linux'}_${arch}`
}

/** Behind a proxy the environment says which: HTTPS_PROXY and NO_PROXY, as for curl. */
const dispatcher = new EnvHttpProxyAgent()

type Answer = Awaited<ReturnType<typeof fetch>>

async function download(url: string, signal: AbortSignal | undefined): Promise<Answer> {
  let answer: Answer
  try {
    answer = await fetch(url, { dispatcher, ...(signal === undefined ? {} : { signal }) })
  } catch (cause) {
    signal?.throwIfAborted()
    throw new FetchToolError(`Cannot fetch ${url}: ${reasonOf(cause)}.`, { cause })
  }
  if (!answer.ok)
    throw new FetchToolError(`Cannot fetch ${url}: the server answered ${answer.status}.`)
  return answer
}

async function downloadText(url: string, signal: AbortSignal | undefined): Promise<string> {
  const answer = await download(url, signal)
  return answer.text().catch((cause: unknown) => {
    signal?.throwIfAborted()
    throw new FetchToolError(`Cannot fetch ${url}: the download broke off (${reasonOf(cause)}).`, {
      cause,
    })
  })
}

/** What lies behind an error of `fetch`, whose own message says only that it failed. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.cause === undefined) return error.message === '' ? error.name : error.message
  return reasonOf(error.cause)
}

function readSum(text: string, name: string, url: string): string {
  for (const line of text.split('\n')) {
    const [sum, file] = line.trim().split(/\s+\*?/u)
    if (file === name && sum !== undefined && /^[0-9a-f]{64}$/u.test(sum)) return sum
  }
  throw new FetchToolError(`Cannot check ${url}: the release's SHA256SUMS has no line for ${name}.`)
}

async function save(answer: Answer, path: string, url: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    if (answer.body === null) throw new Error('the answer has no body')
    await pipeline(
      answer.body,
      async function* (source) {
        for await (const chunk of source) {
          hash.update(chunk)
          yield chunk
        }
      },
      createWriteStream(path),
    )
  } catch (cause) {
    throw new FetchToolError(`Cannot fetch ${url}: the download broke off (${reasonOf(cause)}).`, {
      cause,
    })
  }
  return hash.digest('hex')
}

async function unpackBinary(archive: string, path: string): Promise<void> {
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    open(archive, { lazyEntries: true }, (error, file) => (error ? reject(error) : resolve(file)))
  })
  try {
    const entry = await new Promise<Entry | undefined>((resolve, reject) => {
      zip.on('entry', (next: Entry) => {
        if (next.fileName === 'tofu') resolve(next)
        else zip.readEntry()
      })
      zip.once('end', () => resolve(undefined))
      zip.once('error', reject)
      zip.readEntry()
    })
    if (entry === undefined) throw new Error("it holds no file 'tofu'")
    const content = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
      zip.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)))
    })
    await pipeline(content, createWriteStream(path))
    await chmod(path, 0o755)
  } finally {
    zip.close()
  }
}
