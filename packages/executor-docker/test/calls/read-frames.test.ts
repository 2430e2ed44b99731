import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { readFrames, stderrStream } from '../../src/calls/read-frames.ts'

function frame(stream: number, payload: string): Buffer {
  const header = Buffer.alloc(8)
  header[0] = stream
  header.writeUInt32BE(Buffer.byteLength(payload), 4)
  return Buffer.concat([header, Buffer.from(payload)])
}

async function read(chunks: readonly Uint8Array[], only?: number): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of readFrames(chunks, only)) parts.push(part)
  return Buffer.concat(parts).toString()
}

describe('readFrames', () => {
  it('gives the payload of the wanted stream, and none of what the engine remarks', async () => {
    const bytes = Buffer.concat([
      frame(2, 'one '),
      frame(1, 'OCI runtime exec failed: exec failed\r\n'),
      frame(2, ''),
      frame(2, 'two'),
    ])
    expect(await read([bytes], stderrStream)).toBe('one two')
  })

  it('gives what came of a frame that breaks off', async () => {
    expect(await read([frame(2, 'complete'), frame(2, 'broken off').subarray(0, 14)])).toBe(
      'completebroken',
    )
  })

  it('does not care where the stream is cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(1, 2), fc.string({ maxLength: 40 })), { maxLength: 8 }),
        fc.array(fc.nat(60), { maxLength: 20 }),
        async (frames, cuts) => {
          const bytes = Buffer.concat(frames.map(([stream, payload]) => frame(stream, payload)))
          const chunks: Buffer[] = []
          let rest = bytes
          for (const cut of cuts) {
            chunks.push(rest.subarray(0, cut))
            rest = rest.subarray(cut)
          }
          const expected = frames
            .filter(([stream]) => stream === 2)
            .map(([, payload]) => Buffer.from(payload).toString())
            .join('')
          expect(await read([...chunks, rest], stderrStream)).toBe(expected)
        },
      ),
    )
  })
})
