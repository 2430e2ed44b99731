import { constants } from 'node:fs'
import {
  access,
  chmod,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  utimes,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { z } from 'zod'

import { CacheError } from '../../errors/index.ts'
import { syncDirectory, writeFileAtomic, type Clock } from '../../runtime/index.ts'
import type { ToolName } from '../job-caches.ts'
import { errorCode, orMissing } from '../or-missing.ts'
import { hashFile } from './hash-file.ts'
import { isToolVersion } from './tool-version.ts'

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

export interface StoredBinary {
  readonly key: BinaryKey
  readonly bytes: number
  readonly lastUsedMs: number
}

const recordFile = 'entry.json'
const toolNames: readonly ToolName[] = ['terraform', 'tofu', 'terragrunt', 'opa']

/** `terraform/1.11.4/linux_amd64`: names an entry in paths and pins. */
export function binaryPath({ tool, version, platform }: BinaryKey): string {
  return `${tool}/${version}/${platform}`
}

/** The files of the binary cache: `<directory>/<tool>/<version>/<platform>/<tool>`. */
export class BinaryStore {
  readonly directory: string
  readonly #clock: Clock
  /** Programs whose content was compared with their record, by what changes with their file. */
  readonly #verified = new Map<string, string>()

  constructor(options: { readonly directory: string; readonly clock: Clock }) {
    this.directory = options.directory
    this.#clock = options.clock
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
    if (this.#verified.get(program) === identity) return 'good'
    if ((await hashFile(program)) !== record.sha256) return 'damaged'
    this.#verified.set(program, identity)
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
    await writeFileAtomic(join(staged, recordFile), JSON.stringify(record), { mode: 0o644 })
    const now = this.#clock.now()
    await utimes(join(staged, recordFile), now, now)
    await chmod(join(staged, recordFile), 0o644)
    await chmod(staged, 0o755)
    const target = this.#entry(key)
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#makeParents(key)
        await rename(staged, target)
        break
      } catch (error) {
        const code = errorCode(error)
        // ENOENT: an eviction has just removed the empty parent.
        const isTaken = code === 'ENOTEMPTY' || code === 'EEXIST'
        if (isTaken && (await this.look(key)) === 'good') return
        if ((!isTaken && code !== 'ENOENT') || attempt === 3) throw error
        if (isTaken) await this.remove(key, `${staged}.replaced-${attempt}`)
      }
    }
    await syncDirectory(dirname(target))
  }

  /** Takes an entry out at once, by moving it to a place that is then deleted. */
  async remove(key: BinaryKey, trash: string): Promise<void> {
    await this.take(key, trash)
    await rm(trash, { recursive: true, force: true })
  }

  /** @returns whether it was there */
  async take(key: BinaryKey, trash: string): Promise<boolean> {
    const entry = this.#entry(key)
    const moved = await orMissing(rename(entry, trash).then(() => true))
    // Where another entry came meanwhile, they are not empty.
    await rmdir(dirname(entry)).catch(() => {})
    return moved === true
  }

  /** Undoes {@link BinaryStore.take}. */
  async putBack(key: BinaryKey, trash: string): Promise<void> {
    await this.#makeParents(key)
    // Where another agent has fetched it meanwhile, that one stays.
    await rename(trash, this.#entry(key)).catch(() => rm(trash, { recursive: true, force: true }))
  }

  async list(): Promise<readonly StoredBinary[]> {
    const stored: StoredBinary[] = []
    for (const tool of toolNames) {
      for (const version of await namesIn(join(this.directory, tool))) {
        if (!isToolVersion(version)) continue
        for (const platform of await namesIn(join(this.directory, tool, version))) {
          const key = { tool, version, platform }
          const entry = this.#entry(key)
          const used = await orMissing(
            stat(join(entry, recordFile)).catch((error: unknown) => {
              if (errorCode(error) === 'ENOENT') return stat(entry)
              throw error
            }),
          )
          const program = await orMissing(stat(this.#program(key)))
          if (used === undefined) continue
          stored.push({ key, bytes: program?.size ?? 0, lastUsedMs: used.mtimeMs })
        }
      }
    }
    return stored
  }

  async #record(key: BinaryKey): Promise<BinaryRecord | undefined> {
    const text = await orMissing(readFile(join(this.#entry(key), recordFile), 'utf8'))
    try {
      return recordSchema.safeParse(JSON.parse(text ?? 'null')).data
    } catch {
      return undefined
    }
  }

  /** Readable by the users of workloads, whatever the umask of the agent. */
  async #makeParents(key: BinaryKey): Promise<void> {
    const parents = [
      this.directory,
      join(this.directory, key.tool),
      join(this.directory, key.tool, key.version),
    ]
    for (const path of parents) {
      if ((await mkdir(path, { recursive: true })) !== undefined) await chmod(path, 0o755)
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

async function namesIn(directory: string): Promise<readonly string[]> {
  return (await orMissing(readdir(directory))) ?? []
}
