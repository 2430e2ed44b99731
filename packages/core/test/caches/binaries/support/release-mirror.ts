import type { ServerResponse } from 'node:http'

import type { Identity } from '../../../http/support/certificates.ts'
import { startServer, type Received, type TestServer } from '../../../http/support/test-server.ts'

export type Answer = (response: ServerResponse, received: Received) => void | Promise<void>

/** A mirror of releases: its files may be changed, and single paths answered otherwise. */
export interface ReleaseMirror extends TestServer {
  readonly files: Map<string, Buffer>
  readonly answers: Map<string, Answer>
  /** Paths in the order in which they were asked for. */
  readonly asked: readonly string[]
}

export async function startMirror(
  files: ReadonlyMap<string, Buffer>,
  identity?: Identity,
): Promise<ReleaseMirror> {
  const served = new Map(files)
  const answers = new Map<string, Answer>()
  const server = await startServer((received, response) => {
    const answer = answers.get(received.url)
    if (answer !== undefined) return answer(response, received)
    const content = served.get(received.url)
    if (content === undefined) {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<html>No such thing</html>')
      return
    }
    response.writeHead(200, { 'content-length': content.length }).end(content)
  }, identity)
  return {
    ...server,
    files: served,
    answers,
    get asked() {
      return server.received.map(({ url }) => url)
    },
  }
}
