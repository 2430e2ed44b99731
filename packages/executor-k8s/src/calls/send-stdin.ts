import type { Readable } from 'node:stream'

import type { WebSocket } from 'ws'

/** Larger messages make servers close the connection. */
const pieceBytes = 64 * 1024
const stdinChannel = 0

/** Sends a stream as standard input, at the speed of the reader. Destroys it at the end, good or bad. */
export async function sendStdin(
  socket: WebSocket,
  stdin: Readable,
  left: AbortSignal,
): Promise<void> {
  const stop = (): void => {
    stdin.destroy()
  }
  left.addEventListener('abort', stop, { once: true })
  try {
    for await (const chunk of stdin) {
      const bytes = toBuffer(chunk)
      for (let start = 0; start < bytes.length; start += pieceBytes) {
        if (left.aborted) return
        // A process that has ended reads no more; how it ended is told by its other streams.
        if (!(await send(socket, stdinChannel, bytes.subarray(start, start + pieceBytes)))) return
      }
    }
    // Its end is not told, although v5 could: what the process has not read yet would be dropped then.
  } catch (error) {
    // Whoever left knows why.
    if (!left.aborted) throw error
  } finally {
    left.removeEventListener('abort', stop)
    stdin.on('error', () => {})
    stdin.destroy()
  }
}

/** `false` when the connection takes nothing any more. */
async function send(socket: WebSocket, channel: number, bytes: Buffer): Promise<boolean> {
  const sent = Promise.withResolvers<boolean>()
  // Called when the operating system has taken all of it: that is the back-pressure.
  socket.send(Buffer.concat([Buffer.of(channel), bytes]), { binary: true }, (error) => {
    sent.resolve(!error)
  })
  return await sent.promise
}

function toBuffer(chunk: unknown): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk
  if (typeof chunk === 'string') return Buffer.from(chunk)
  if (chunk instanceof Uint8Array)
    return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  throw new TypeError('standard input of a process must be a stream of bytes')
}
