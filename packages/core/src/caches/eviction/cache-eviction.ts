import type { Clock, Logger } from '../../runtime/index.ts'
import type { CacheLock } from '../cache-lock.ts'
import type { JobPins } from '../job-pins.ts'
import { chooseEvictions, type EvictionPolicy, type StoredEntry } from './choose-evictions.ts'

/** A cache whose entries can be evicted. */
export interface EvictableStore {
  list(): Promise<readonly StoredEntry[]>
  /** Takes an entry out of sight, and then away unless it is wanted after all. @returns whether it went */
  discard(entry: string, options: { readonly unless: () => Promise<boolean> }): Promise<boolean>
}

export interface CacheEvictionOptions {
  readonly store: EvictableStore
  readonly pins: JobPins
  readonly lock: CacheLock
  readonly sizeLimitBytes: number
  /** What no job used for that long goes. @default 10 */
  readonly maxAgeDays: number | undefined
  readonly clock: Clock
  readonly logger: Logger
  /** In the log: `programs`. */
  readonly what: string
}

const defaultMaxAgeDays = 10
const dayMs = 24 * 3600 * 1000

/** Keeps a cache within its limits. What jobs use is never evicted. */
export class CacheEviction {
  readonly #options: CacheEvictionOptions
  #last: Promise<void> = Promise.resolve()

  constructor(options: CacheEvictionOptions) {
    this.#options = options
  }

  /** Evicts what has to go now. Never fails: a cache that is too large is better than a failed job. */
  run(): Promise<void> {
    const { sizeLimitBytes, maxAgeDays = defaultMaxAgeDays } = this.#options
    return this.#queue({ sizeLimitBytes, maxAgeMs: maxAgeDays * dayMs })
  }

  /** Evicts all that no job uses, since the disk is full. Never fails. */
  runFully(): Promise<void> {
    return this.#queue({ sizeLimitBytes: 0, maxAgeMs: 0 })
  }

  /** Waits for what was asked for. */
  idle(): Promise<void> {
    return this.#last
  }

  #queue(policy: EvictionPolicy): Promise<void> {
    const { logger, what } = this.#options
    this.#last = this.#last
      .then(() => this.#run(policy))
      .catch((err: unknown) => logger.warn({ err }, `The cache of ${what} could not be tidied up`))
    return this.#last
  }

  async #run(policy: EvictionPolicy): Promise<void> {
    const { lock } = this.#options
    if ((await this.#choose(policy)).length === 0) return
    await lock.run('pins', () => this.#evict(policy))
  }

  async #evict(policy: EvictionPolicy): Promise<void> {
    const { store, pins, logger, what } = this.#options
    const entries: string[] = []
    for (const entry of await this.#choose(policy)) {
      // A job pins first and looks then; here the entry goes first and the pins are read again then. So
      // one of the two sees the other, also on another machine, which the lock does not stop.
      const unless = async (): Promise<boolean> => (await pins.entries()).has(entry)
      if (await store.discard(entry, { unless })) entries.push(entry)
    }
    if (entries.length > 0) logger.info({ entries }, `Removed ${what} from the cache`)
  }

  async #choose(policy: EvictionPolicy): Promise<readonly string[]> {
    const { store, pins, clock } = this.#options
    const nowMs = clock.now().getTime()
    return chooseEvictions(await store.list(), await pins.entries(), nowMs, policy)
  }
}
