import { constants } from 'node:fs'
import { access, chmod, readFile, stat, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { z } from 'zod'

import { CacheError } from '../../errors/index.ts'
import { writeFileAtomic, type Clock } from '../../runtime/index.ts'
import { EntryDirectory } from '../entry-directory.ts'
import type { EvictableStore } from '../eviction/cache-eviction.ts'
import type { StoredEntry } from '../eviction/choose-evictions.ts'
import { hashFile } from '../hash-file.ts'
import type { ToolName } from '../job-caches.ts'
import { errorCode, orMissing } from '../or-missing.ts'
import type { Staging } from '../staging.ts'
import { isVersion } from '../version.ts'

/** What names an entry: `terraform`, `1.11.4`, `linux_amd64`. */
export interface BinaryKey {
  readonly tool: ToolName
  readonly version: string
  readonly platform: string
}

const recordSchema = z.object({
  /** Of the program, in hexadecimal. */
  sha256: z.string(),
  bytes: z.int().nonnegative(),
  /** URL that it came from. */
  source: z.string(),
})

/** Kept beside each program; its time of change is when the program was last used. */
export type BinaryRecord = z.infer<typeof recordSchema>

const recordFile = 'entry.json'
const toolNames: readonly ToolName[] = ['terraform', 'tofu', 'terragrunt', 'opa']

/** `terraform/1.11.4/linux_amd64`: names an entry in paths and pins. */
export function binaryPath({ tool, version, platform }: BinaryKey): string {
  return `${tool}/${version}/${platform}`
}

/** The files of the binary cache: `<directory>/<tool>/<version>/<platform>/<tool>`. */
export class BinaryStore implements EvictableStore {
  readonly directory: string
  readonly #clock: Clock
  readonly #entries: EntryDirectory
  /** Programs whose content was compared with their record: what it was, and what changes with the file. */
  readonly #verified = new Map<string, { readonly identity: string; readonly sha256: string }>()

  constructor(options: {
    readonly directory: string
    readonly staging: Staging
    readonly clock: Clock
  }) {
    this.directory = options.directory
    this.#clock = options.clock
    this.#entries = new EntryDirectory(options.directory, options.staging)
  }

  /**
   * Whether the entry is there and whole: its content is compared with its record once, and again when
   * the file has changed.
   *
   * @throws {@link CacheError} `CACHE_UNUSABLE` where programs cannot be run from here
   */
  async look(key: BinaryKey): Promise<'good' | 'damaged' | 'missing'> {
    const program = this.#program(key)
    const found = await orMissing(stat(program))
    if (found === undefined) {
      return (await orMissing(stat(dirname(program)))) === undefined ? 'missing' : 'damaged'
    }
    const record = await this.#record(key)
    if (record === undefined || !found.isFile() || record.bytes !== found.size) return 'damaged'
    if ((found.mode & 0o111) !== 0o111) return 'damaged'
    await checkExecutable(program, key)
    const identity = `${found.ino}:${found.size}:${found.mtimeMs}:${found.ctimeMs}`
    const known = this.#verified.get(program)
    // Whoever changes a program can change its record too.
    if (known !== undefined && known.sha256 !== record.sha256) return 'damaged'
    if (known?.identity === identity) return 'good'
    if ((await hashFile(program)) !== record.sha256) return 'damaged'
    this.#verified.set(program, { identity, sha256: record.sha256 })
    return 'good'
  }

  /** Notes that a job uses it now. */
  async touch(key: BinaryKey): Promise<void> {
    const now = this.#clock.now()
    // Owned by another user where agents share the cache; then that one's uses count alone.
    await utimes(join(this.#entry(key), recordFile), now, now).catch(() => {})
  }

  /**
   * Brings an entry in, whole or not at all. Where another agent was first, its entry stays.
   *
   * @param staged directory of this file system that holds the program and nothing else
   */
  async install(key: BinaryKey, staged: string, record: BinaryRecord): Promise<void> {
    await writeFileAtomic(join(staged, recordFile), JSON.stringify(record), { mode: 0o444 })
    const now = this.#clock.now()
    await utimes(join(staged, recordFile), now, now)
    await chmod(join(staged, recordFile), 0o444)
    await chmod(staged, 0o755)
    const known = this.#verified.get(this.#program(key))
    if (known?.sha256 !== record.sha256) this.#verified.delete(this.#program(key))
    const entry = binaryPath(key)
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      if (await this.#entries.add(staged, entry)) return
      if ((await this.look(key)) === 'good') return
      await this.#entries.discard(entry)
    }
    throw new CacheError(
      `Cannot keep ${key.tool} ${key.version} in ${this.directory}: damaged files come back there as often as they are removed. Look for another program that writes there.`,
      { item: `${key.tool} ${key.version}`, code: 'CACHE_UNUSABLE' },
    )
  }

  discard(
    entry: string,
    options: { readonly unless?: () => Promise<boolean> } = {},
  ): Promise<boolean> {
    return this.#entries.discard(entry, options)
  }

  async list(): Promise<readonly StoredEntry[]> {
    const stored: StoredEntry[] = []
    for (const key of await this.keys()) {
      const entry = this.#entry(key)
      const used = await orMissing(
        stat(join(entry, recordFile)).catch((error: unknown) => {
          if (errorCode(error) === 'ENOENT') return stat(entry)
          throw error
        }),
      )
      const program = await orMissing(stat(this.#program(key)))
      if (used === undefined) continue
      stored.push({ entry: binaryPath(key), bytes: program?.size ?? 0, lastUsedMs: used.mtimeMs })
    }
    return stored
  }

  async keys(): Promise<readonly BinaryKey[]> {
    return (await this.#entries.list(3)).flatMap((path) => {
      const [name, version = '', platform = ''] = path.split('/')
      const tool = toolNames.find((it) => it === name)
      return tool === undefined || !isVersion(version) ? [] : [{ tool, version, platform }]
    })
  }

  async #record(key: BinaryKey): Promise<BinaryRecord | undefined> {
    const text = await orMissing(readFile(join(this.#entry(key), recordFile), 'utf8'))
    try {
      return recordSchema.safeParse(JSON.parse(text ?? 'null')).data
    } catch {
      return undefined
    }
  }

  #entry(key: BinaryKey): string {
    return join(this.directory, binaryPath(key))
  }

  #program(key: BinaryKey): string {
    return join(this.#entry(key), key.tool)
  }
}

async function checkExecutable(program: string, key: BinaryKey): Promise<void> {
  try {
    await access(program, constants.X_OK)
  } catch (cause) {
    throw new CacheError(
      `Cannot run ${key.tool} ${key.version} from the cache at ${program}: its file system is mounted noexec. Mount it without noexec, or choose another cache directory.`,
      { item: `${key.tool} ${key.version}`, code: 'CACHE_UNUSABLE', cause },
    )
  }
}
