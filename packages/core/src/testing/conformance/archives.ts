import { Readable } from 'node:stream'

import { pack, type Header } from 'tar-stream'

/** One entry of an archive that a behaviour lays into a job directory. */
export type ArchiveEntry = Partial<Header> & {
  readonly name: string
  readonly content?: string | Uint8Array
}

export function archive(entries: readonly ArchiveEntry[]): Readable {
  const tar = pack()
  for (const { content, ...headers } of entries) {
    if (content === undefined) tar.entry(headers)
    else tar.entry(headers, typeof content === 'string' ? content : Buffer.from(content))
  }
  tar.finalize()
  return Readable.from(tar, { objectMode: false })
}

/** Files that never come to their end: a launch that reads them is half-way until it gives up. */
export function stallingFiles(): {
  readonly files: () => Readable
  readonly reading: Promise<void>
  readonly closed: Promise<void>
} {
  const reading = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<void>()
  const files = (): Readable => {
    let begun = false
    return new Readable({
      read() {
        if (begun) return
        begun = true
        // A header that promises more than ever comes.
        const whole = archive([{ name: 'half', content: 'x'.repeat(1000) }])
        whole.once('data', (chunk: Buffer) => {
          whole.destroy()
          this.push(chunk.subarray(0, 512))
          reading.resolve()
        })
      },
      destroy(error, done) {
        closed.resolve()
        done(error)
      },
    })
  }
  return { files, reading: reading.promise, closed: closed.promise }
}
