import { z } from 'zod'

/** How far a pull is. */
export interface PullProgress {
  readonly image: string
  readonly layers: number
  readonly layersDone: number
  /** Of the layers that are being downloaded, as far as their sizes are known. */
  readonly bytes: number
  readonly totalBytes: number
}

const lineSchema = z.looseObject({
  id: z.string().optional(),
  status: z.string().optional(),
  error: z.string().optional(),
  errorDetail: z.looseObject({ message: z.string().optional() }).optional(),
  progressDetail: z
    .looseObject({ current: z.number().optional(), total: z.number().optional() })
    .optional(),
})

interface Layer {
  bytes: number
  totalBytes: number
  done: boolean
}

/** Adds up the lines of JSON that the engine sends during a pull. */
export class PullProgressReader {
  readonly #image: string
  readonly #layers = new Map<string, Layer>()
  readonly #last = new Map<string, string>()
  #error: string | undefined

  constructor(image: string) {
    this.#image = image
  }

  /** What the engine said went wrong; it says so in the stream, after status 200. */
  get error(): string | undefined {
    return this.#error
  }

  get progress(): PullProgress {
    const layers = [...this.#layers.values()]
    return {
      image: this.#image,
      layers: layers.length,
      layersDone: layers.filter(({ done }) => done).length,
      bytes: layers.reduce((sum, layer) => sum + layer.bytes, 0),
      totalBytes: layers.reduce((sum, layer) => sum + layer.totalBytes, 0),
    }
  }

  /**
   * One line, without its end. What is no JSON tells nothing and is passed over.
   *
   * @returns whether it says something new: an engine with the containerd store repeats itself for as long
   * as a pull stands still
   */
  read(line: string): boolean {
    const parsed = lineSchema.safeParse(parseJson(line))
    if (!parsed.success) return false
    const { id, status, error, errorDetail, progressDetail } = parsed.data
    const said = `${status} ${progressDetail?.current} ${progressDetail?.total} ${error}`
    const isNew = this.#last.get(id ?? '') !== said
    this.#last.set(id ?? '', said)
    const failure = errorDetail?.message ?? error
    if (failure !== undefined) this.#error = failure
    // Lines about the image itself carry its tag as id.
    if (id === undefined || status === undefined || !/^[0-9a-f]{12}/u.test(id)) return isNew
    const layer = this.#layers.get(id) ?? { bytes: 0, totalBytes: 0, done: false }
    this.#layers.set(id, layer)
    if (status === 'Downloading') {
      layer.bytes = progressDetail?.current ?? layer.bytes
      layer.totalBytes = Math.max(progressDetail?.total ?? 0, layer.totalBytes, layer.bytes)
    }
    if (/^(?:Download|Pull) complete$/u.test(status)) layer.bytes = layer.totalBytes
    if (/^(?:Pull complete|Already exists)$/u.test(status)) layer.done = true
    return isNew
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
