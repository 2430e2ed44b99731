import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { z } from 'zod'

import { writeFileAtomic } from '../../runtime/index.ts'
import { hashFile } from '../hash-file.ts'
import { filesBelow, h1OfDirectory } from './package-hash.ts'

/**
 * `unpacked`: a directory that the tool links to, checked by it with `h1:`. `packed`: the archive, for
 * lock files that know no `h1:` of this platform.
 */
export type PackageLayout = 'unpacked' | 'packed'

const manifestSchema = z.object({
  format: z.literal(1),
  layout: z.enum(['unpacked', 'packed']),
  h1: z.string(),
  zh: z.string(),
  bytes: z.number(),
  source: z.string(),
  verifiedAt: z.iso.datetime(),
  files: z.array(
    z.object({
      path: z.string(),
      bytes: z.number(),
      mode: z.number(),
    }),
  ),
})

/** What was verified when an entry came into the cache. */
export type PackageManifest = z.output<typeof manifestSchema>

const manifestName = 'manifest.json'

/** Path of what a job uses, inside an entry. */
export function contentName(layout: PackageLayout): string {
  return layout === 'unpacked' ? 'package' : 'package.zip'
}

/** `undefined` where there is none that can be read. */
export async function readManifest(entry: string): Promise<PackageManifest | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(join(entry, manifestName), 'utf8'))
    return manifestSchema.parse(value)
  } catch {
    return undefined
  }
}

/** Writes down what is known of an entry that was verified. */
export async function writeManifest(
  entry: string,
  known: Omit<PackageManifest, 'format' | 'files' | 'bytes'>,
): Promise<void> {
  const facts = await contentFacts(entry, known.layout)
  const files = facts.map(({ path, bytes, mode }) => ({ path, bytes, mode }))
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  const manifest: PackageManifest = { ...known, format: 1, bytes, files }
  await writeFileAtomic(join(entry, manifestName), `${JSON.stringify(manifest)}\n`, { mode: 0o444 })
}

/** What changes with the files of an entry, also where only the time of the inode tells. */
export async function identityOf(entry: string, layout: PackageLayout): Promise<string> {
  return JSON.stringify(await contentFacts(entry, layout).catch(() => []))
}

/** Whether the files of an entry hold what was verified, with the same modes. Reads all of them. */
export async function holdsWhatWasVerified(
  entry: string,
  manifest: PackageManifest,
): Promise<boolean> {
  const content = join(entry, contentName(manifest.layout))
  try {
    const modes = new Map(manifest.files.map((file) => [file.path, file.mode]))
    const facts = await contentFacts(entry, manifest.layout)
    if (facts.some(({ path, mode }) => modes.get(path) !== mode)) return false
    return manifest.layout === 'unpacked'
      ? (await h1OfDirectory(content)) === manifest.h1
      : `zh:${await hashFile(content)}` === manifest.zh
  } catch {
    return false
  }
}

interface FileFacts {
  readonly path: string
  readonly bytes: number
  readonly mode: number
  readonly inode: number
  readonly mtimeMs: number
  readonly ctimeMs: number
}

async function contentFacts(entry: string, layout: PackageLayout): Promise<readonly FileFacts[]> {
  const content = join(entry, contentName(layout))
  const paths = layout === 'unpacked' ? (await filesBelow(content)).toSorted() : ['']
  return Promise.all(
    paths.map(async (path) => {
      const { size, mode, ino, mtimeMs, ctimeMs } = await stat(join(content, path))
      return { path, bytes: size, mode, inode: ino, mtimeMs, ctimeMs }
    }),
  )
}
