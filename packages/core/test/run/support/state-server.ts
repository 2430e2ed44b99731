import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface StateServer extends AsyncDisposable {
  readonly url: string
  /** The state as it was last written. */
  readonly state: () =>
    | { readonly serial: number; readonly resources: readonly unknown[] }
    | undefined
  readonly locked: () => boolean
  /** Resolves when `/slow` was asked for, which is never answered. */
  readonly slowAsked: Promise<void>
  /** User and password of each call. */
  readonly credentials: ReadonlySet<string>
}

/** As much of Terraform's `http` backend as the tests of the job script need. */
export async function startStateServer(): Promise<StateServer> {
  let state: string | undefined
  let lock: string | undefined
  const credentials = new Set<string>()
  const slow = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    if (request.url === '/slow') {
      slow.resolve()
      return
    }
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const header = request.headers.authorization ?? ''
      credentials.add(Buffer.from(header.replace(/^Basic /u, ''), 'base64').toString())
      const body = Buffer.concat(chunks).toString()
      switch (request.method) {
        case 'GET':
          response.statusCode = state === undefined ? 404 : 200
          response.end(state)
          return
        case 'POST':
          state = body
          break
        case 'LOCK':
          if (lock !== undefined) response.statusCode = 423
          else lock = body
          break
        case 'UNLOCK':
          lock = undefined
          break
        case undefined:
        default:
          response.statusCode = 405
      }
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    state: () => (state === undefined ? undefined : (JSON.parse(state) as never)),
    locked: () => lock !== undefined,
    credentials,
    slowAsked: slow.promise,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
