import { open, readFile, type FileHandle } from 'node:fs/promises'

import { writeFileAtomic, type Clock } from '@scalr-agent/core/runtime'
import { z } from 'zod'

const recordSchema = z.object({
  atMs: z.number(),
  id: z.string(),
  key: z.string().optional(),
})

type DeliveredRecord = z.output<typeof recordSchema>

/** What was delivered within the last day: an append-only file of lines, rewritten when most of it is old. */
export class DeliveredIds {
  readonly #path: string
  readonly #rememberMs: number
  readonly #clock: Clock
  readonly #records: Map<string, DeliveredRecord>
  readonly #idOfKey = new Map<string, string>()
  #file: FileHandle
  #lines: number
  #tail: Promise<void> = Promise.resolve()

  private constructor(
    file: FileHandle,
    records: readonly DeliveredRecord[],
    options: { readonly path: string; readonly rememberMs: number; readonly clock: Clock },
  ) {
    this.#file = file
    this.#path = options.path
    this.#rememberMs = options.rememberMs
    this.#clock = options.clock
    this.#records = new Map(records.map((record) => [record.id, record]))
    for (const { id, key } of records) if (key !== undefined) this.#idOfKey.set(key, id)
    this.#lines = records.length
  }

  static async open(options: {
    readonly path: string
    readonly rememberMs: number
    readonly clock: Clock
  }): Promise<DeliveredIds> {
    const { path, clock, rememberMs } = options
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return ''
      throw error
    })
    const oldestMs = clock.now().getTime() - rememberMs
    const records = text
      .split('\n')
      .map(parseRecord)
      .filter((record) => record !== undefined)
      .filter(({ atMs }) => atMs > oldestMs)
    // Written anew, so that a line that a crash tore is not continued.
    await writeFileAtomic(path, format(records))
    const file = await open(path, 'a')
    return new DeliveredIds(file, records, options)
  }

  hasId(id: string): boolean {
    return this.#records.has(id)
  }

  /** The id under which that delivery came, if it was delivered within the last day. */
  idOf(key: string): string | undefined {
    const record = this.#records.get(this.#idOfKey.get(key) ?? '')
    if (record === undefined) return undefined
    return record.atMs > this.#clock.now().getTime() - this.#rememberMs ? record.id : undefined
  }

  /** Remembers a delivery for good before it resolves. */
  add(id: string, key: string | undefined): Promise<void> {
    const record = { atMs: this.#clock.now().getTime(), id, key }
    const written = this.#tail.then(async () => {
      await this.#file.appendFile(format([record]))
      await this.#file.datasync()
      this.#lines += 1
      this.#records.set(id, record)
      if (key !== undefined) this.#idOfKey.set(key, id)
      await this.#forgetOld()
    })
    this.#tail = written.catch(() => {})
    return written
  }

  async close(): Promise<void> {
    await this.#tail
    await this.#file.close()
  }

  async #forgetOld(): Promise<void> {
    const oldestMs = this.#clock.now().getTime() - this.#rememberMs
    // In the order of their times: the first that is young enough ends the search.
    for (const [id, { atMs, key }] of this.#records) {
      if (atMs > oldestMs) break
      this.#records.delete(id)
      if (key !== undefined && this.#idOfKey.get(key) === id) this.#idOfKey.delete(key)
    }
    if (this.#lines < 2 * this.#records.size + 1000) return
    await writeFileAtomic(this.#path, format([...this.#records.values()]))
    const file = await open(this.#path, 'a')
    await this.#file.close()
    this.#file = file
    this.#lines = this.#records.size
  }
}

function format(records: readonly DeliveredRecord[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join('')
}

/** A line that a crash tore is no record: that webhook is delivered again under its own id. */
function parseRecord(line: string): DeliveredRecord | undefined {
  if (line === '') return undefined
  try {
    return recordSchema.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}
