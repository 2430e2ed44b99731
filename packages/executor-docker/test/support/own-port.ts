import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * A free port of those that no system gives away by itself: between two lives of a server, and before a program
 * opens it, nobody else gets it.
 */
export async function ownPort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 30_000)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, () => resolve(true))
    })
    if (!isFree) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}
