import { createHash, randomUUID } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { ControlPlaneError, syncDirectory } from '../runtime/index.ts'

export interface WrittenFile {
  readonly bytes: number
  /** RFC 9530 form, `sha-256=:…:`. */
  readonly digest: string
}

export interface WriteStreamOptions {
  /** More is refused with `TOO_LARGE` while it arrives. */
  readonly maxBytes: number
  /** What the sender declared; another content is refused with `DIGEST_MISMATCH`. */
  readonly expected?: { readonly bytes?: number | undefined; readonly digest?: string | undefined }
}

interface ReplaceFileOptions extends WriteStreamOptions {
  /** What messages call it. */
  readonly name: string
}

const temporarySuffix = '.tmp'

/** Replaces a file with what the stream brings; nothing is changed when it fails. */
export async function replaceFile(
  path: string,
  source: AsyncIterable<unknown> | Iterable<Uint8Array>,
  options: ReplaceFileOptions,
): Promise<WrittenFile> {
  const temporary = `${path}.${randomUUID()}${temporarySuffix}`
  const handle = await open(temporary, 'wx', 0o600)
  try {
    const written = await copy(handle, source, options)
    await handle.sync()
    await handle.close()
    await rename(temporary, path)
    await syncDirectory(dirname(path))
    return written
  } catch (error) {
    await handle.close().catch(() => {})
    await rm(temporary, { force: true })
    throw error
  }
}

async function copy(
  handle: FileHandle,
  source: AsyncIterable<unknown> | Iterable<Uint8Array>,
  options: ReplaceFileOptions,
): Promise<WrittenFile> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of source) {
    const part = asBytes(chunk)
    bytes += part.byteLength
    if (bytes > options.maxBytes) throw tooLarge(options.name, options.maxBytes)
    hash.update(part)
    await handle.writeFile(part)
  }
  const written = { bytes, digest: `sha-256=:${hash.digest('base64')}:` }
  const { expected } = options
  if (
    (expected?.bytes !== undefined && expected.bytes !== written.bytes) ||
    (expected?.digest !== undefined && expected.digest !== written.digest)
  ) {
    throw new ControlPlaneError(
      `Cannot store ${options.name}: ${written.bytes} bytes with ${written.digest} arrived, but ` +
        `${expected.bytes ?? 'any number of'} bytes with ${expected.digest ?? 'any digest'} were declared. Send it again.`,
      { code: 'DIGEST_MISMATCH' },
    )
  }
  return written
}

/** A chunk of a stream of bytes. */
export function asBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  throw new TypeError('A stream of bytes was expected')
}

export function tooLarge(name: string, maxBytes: number): ControlPlaneError {
  return new ControlPlaneError(`${name} is larger than the ${maxBytes} bytes that are allowed.`, {
    code: 'TOO_LARGE',
  })
}

/** What a process left that died while it wrote. */
export function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith(temporarySuffix)) rmSync(join(folder, name), { force: true })
  }
}
