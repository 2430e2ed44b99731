/**
 * A body on its way between agent and gateway is a row of frames: a byte that says what, four bytes of
 * length (big endian), and as many bytes. Lengths and digest make a cut body known for one, whatever the
 * proxies between make of the connection.
 */
export const frameTypes = { head: 1, data: 2, keepAlive: 3, end: 4, abort: 5 } as const

export const frameHeaderBytes = 5

/** Largest JSON of a frame; data frames have no limit, since they are never held whole. */
export const maxJsonFrameBytes = 1024 * 1024

/** One copy of the payload costs less than two writes. */
export function makeFrame(type: number, payload: Uint8Array = new Uint8Array()): Buffer {
  const frame = Buffer.allocUnsafe(frameHeaderBytes + payload.length)
  frame[0] = type
  frame.writeUInt32BE(payload.length, 1)
  frame.set(payload, frameHeaderBytes)
  return frame
}

export function makeJsonFrame(type: number, value: unknown): Buffer {
  return makeFrame(type, Buffer.from(JSON.stringify(value)))
}
