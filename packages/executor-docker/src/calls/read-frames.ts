/** Bytes before each frame: stream, three zeros, length. */
const headerBytes = 8

/** Number of standard error. */
export const stderrStream = 2

/**
 * The payload of the engine's multiplexed stream, as soon as its bytes come: what was given is right also
 * when the stream breaks off in the midst of a frame. With `only`, of frames of that stream alone.
 */
export async function* readFrames(
  source: AsyncIterable<unknown> | Iterable<unknown>,
  only?: number,
): AsyncGenerator<Buffer, void> {
  let header = Buffer.alloc(0)
  let left = 0
  let stream = 0
  for await (const chunk of source) {
    if (!(chunk instanceof Uint8Array)) continue
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    while (rest.length > 0) {
      if (left > 0) {
        const part = rest.subarray(0, left)
        left -= part.length
        rest = rest.subarray(part.length)
        if (only === undefined || stream === only) yield part
        continue
      }
      const needed = headerBytes - header.length
      header = Buffer.concat([header, rest.subarray(0, needed)])
      rest = rest.subarray(needed)
      if (header.length === headerBytes) {
        stream = header[0] ?? 0
        left = header.readUInt32BE(4)
        header = Buffer.alloc(0)
      }
    }
  }
}
