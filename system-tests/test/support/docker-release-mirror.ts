import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename } from 'node:path'

import { zipSync } from 'fflate'

import { toolPlatform } from './provider-zip.ts'
import type { Tool } from './tools.ts'

/** Serves the release of a real tool, in its maker's own layout. */
export class ReleaseMirror implements AsyncDisposable {
  readonly #server: Server
  /** Paths in the order in which they were asked for. */
  readonly asked: string[] = []

  private constructor(files: ReadonlyMap<string, Buffer>) {
    this.#server = createServer((request, response) => {
      const path = request.url ?? ''
      this.asked.push(path)
      const content = files.get(path)
      if (content === undefined) response.writeHead(404).end()
      else response.writeHead(200, { 'content-length': content.length }).end(content)
    })
  }

  static async start(tool: Tool, version: string): Promise<ReleaseMirror> {
    const program = basename(tool.path)
    const zip = Buffer.from(
      // 3: made on Unix, so that the mode counts.
      zipSync({
        [program]: [readFileSync(tool.path), { level: 0, os: 3, attrs: 0o100755 << 16 }],
      }),
    )
    const name = `${program}_${version}_${toolPlatform}.zip`
    const sums = `${createHash('sha256').update(zip).digest('hex')}  ${name}\n`
    const directory = tool.iac === 'terraform' ? `/terraform/${version}` : `/v${version}`
    const files = new Map([
      [`${directory}/${name}`, zip],
      [`${directory}/${program}_${version}_SHA256SUMS`, Buffer.from(sums)],
    ])
    const mirror = new ReleaseMirror(files)
    await new Promise<void>((resolve) => mirror.#server.listen(0, '127.0.0.1', resolve))
    return mirror
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
