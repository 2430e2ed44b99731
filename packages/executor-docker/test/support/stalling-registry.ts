import { createServer, request } from 'node:http'

/** Stands before a real registry; every layer stops in the middle. */
export interface StallingRegistry extends AsyncDisposable {
  readonly host: string
  /** A layer has stopped. */
  readonly stalled: Promise<void>
}

const firstBytes = 1000

export async function startStallingRegistry(registryHost: string): Promise<StallingRegistry> {
  const stalled = Promise.withResolvers<void>()
  const server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming
    const forwarded = request(`http://${registryHost}${url}`, { method, headers }, (answer) => {
      const isLayer =
        url?.includes('/blobs/') === true && Number(answer.headers['content-length']) > 10_000
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      if (!isLayer || method !== 'GET') {
        answer.pipe(outgoing)
        return
      }
      answer.once('data', (chunk: Buffer) => {
        outgoing.write(chunk.subarray(0, firstBytes))
        answer.destroy()
        stalled.resolve()
      })
    })
    forwarded.on('error', () => outgoing.destroy())
    incoming.pipe(forwarded)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    host: `127.0.0.1:${address.port}`,
    stalled: stalled.promise,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
