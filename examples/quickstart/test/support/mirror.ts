import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A mirror of OpenTofu's releases: what is asked for is served from `files`, by its path. */
export class Mirror implements AsyncDisposable {
  readonly files: Map<string, Buffer>
  readonly asked: string[] = []
  /** Ends each answer after that many bytes, with the connection. */
  cutAfter: number | undefined
  readonly #server: Server

  private constructor(files: ReadonlyMap<string, Buffer>) {
    this.files = new Map(files)
    this.#server = createServer(({ url = '' }, answer) => {
      this.asked.push(url)
      const content = this.files.get(url)
      if (content === undefined) {
        answer.writeHead(404).end('not here')
        return
      }
      answer.writeHead(200, { 'content-length': content.length })
      if (this.cutAfter === undefined || url.endsWith('SHA256SUMS')) {
        answer.end(content)
        return
      }
      answer.write(content.subarray(0, this.cutAfter), () => answer.destroy())
    })
  }

  /** Serves one release, whose sums are right. */
  static async start(version: string, platform: string, archive: Buffer): Promise<Mirror> {
    const name = `tofu_${version}_${platform}.zip`
    const sum = createHash('sha256').update(archive).digest('hex')
    const mirror = new Mirror(
      new Map([
        [`/v${version}/${name}`, archive],
        [
          `/v${version}/tofu_${version}_SHA256SUMS`,
          Buffer.from(`${'0'.repeat(64)}  other.zip\n${sum}  ${name}\n`),
        ],
      ]),
    )
    await once(mirror.#server.listen(0, '127.0.0.1'), 'listening')
    return mirror
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
