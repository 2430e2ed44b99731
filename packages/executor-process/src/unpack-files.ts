import { constants } from 'node:fs'
import { chmod, lchown, mkdir, open, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import type { ScalrAgentError } from '@scalr-agent/core'
import type { UnixUser } from '@scalr-agent/core/container'
import { ArchivePolicy } from '@scalr-agent/core/protocol'
import { extract, type Header } from 'tar-stream'

import { errorCode, processError, toProcessError } from './process-error.ts'

export interface UnpackOptions {
  /** Existing, empty and not reachable for workloads. */
  readonly target: string
  readonly user: UnixUser | undefined
  readonly signal: AbortSignal
  /** What is launched, for messages. */
  readonly workload: string
}

/** File names that the file system cannot take, or entries that contradict each other. */
const namingErrors = ['EEXIST', 'EISDIR', 'ENOTDIR', 'ENAMETOOLONG', 'EILSEQ', 'ELOOP', 'EINVAL']

/**
 * Lays an archive into a directory. Nothing is written outside, through a link, or with more rights
 * than read, write and execute.
 * @throws `INVALID_FILES` for an archive that is refused, damaged or could not be read to its end.
 */
export async function unpackFiles(source: Readable, options: UnpackOptions): Promise<void> {
  const { target, signal } = options
  const archive = extract()
  // Links come last, so that nothing is ever written through one, however names are compared.
  const links: { readonly path: string; readonly target: string }[] = []
  const owned = new Set<string>()
  const policy = new ArchivePolicy()
  const feeding = pipeline(source, archive, { signal })
  feeding.catch(() => {})
  try {
    for await (const entry of archive) {
      const checked = policy.check(entry.header)
      switch (checked?.kind) {
        case 'directory':
          await makeDirectories(target, checked.path, owned)
          await chmod(join(target, checked.path), modeOf(entry.header, 0o755) | 0o700)
          break
        case 'file':
          await makeDirectories(target, dirname(checked.path), owned)
          await writeEntry(join(target, checked.path), entry, modeOf(entry.header, 0o644) | 0o600)
          owned.add(checked.path)
          break
        case 'symlink':
          links.push(checked)
          break
        case undefined:
          break
      }
      entry.resume()
    }
    await feeding
    for (const link of links) {
      await makeDirectories(target, dirname(link.path), owned)
      await symlink(link.target, join(target, link.path))
      owned.add(link.path)
    }
    const { user } = options
    if (user !== undefined) {
      for (const path of owned) await lchown(join(target, path), user.uid, user.gid)
    }
  } catch (error) {
    signal.throwIfAborted()
    throw refused(error, options.workload)
  } finally {
    archive.destroy()
    source.destroy()
  }
}

async function writeEntry(
  path: string,
  content: AsyncIterable<unknown>,
  mode: number,
): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW
  const handle = await open(path, flags, 0o600)
  try {
    for await (const chunk of content) {
      if (chunk instanceof Uint8Array) await handle.writeFile(chunk)
    }
    await handle.chmod(mode)
  } finally {
    await handle.close()
  }
}

async function makeDirectories(root: string, path: string, owned: Set<string>): Promise<void> {
  if (path === '.' || owned.has(path)) return
  await makeDirectories(root, dirname(path), owned)
  await mkdir(join(root, path), { mode: 0o755 }).catch((error: unknown) => {
    // A file of that name fails later, with a clearer word.
    if (errorCode(error) !== 'EEXIST') throw error
  })
  owned.add(path)
}

/** Without set-user-id, set-group-id and sticky bits. */
function modeOf(header: Header, fallback: number): number {
  return (header.mode ?? fallback) & 0o777
}

function refused(error: unknown, workload: string): ScalrAgentError {
  const context = { phase: 'launch', doing: `lay out the files of workload \`${workload}\`` }
  const code = errorCode(error)
  const isSystem = error instanceof Error && 'syscall' in error
  if (isSystem && code !== undefined && !namingErrors.includes(code)) {
    return toProcessError(error, context)
  }
  const why = error instanceof Error ? error.message.replace(/\.$/u, '') : String(error)
  return processError('INVALID_FILES', 'launch', `Cannot ${context.doing}: ${why}.`, error)
}
