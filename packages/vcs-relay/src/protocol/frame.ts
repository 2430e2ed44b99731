/**
 * A body on its way between agent and gateway is a row of frames: a byte that says what, four bytes of
 * length (big endian), and as many bytes. Lengths and digest make a cut body known for one, whatever the
 * proxies between make of the connection.
 */
export const frameTypes = { head: 1, data: 2, keepAlive: 3, end: 4, abort: 5 } as const

export const frameHeaderBytes = 5

/** Largest JSON of a frame; data frames have no limit, since they are never held whole. */
export const maxJsonFrameBytes = 1024 * 1024

/** What precedes a payload that is sent as it is, without a copy. */
export function frameHeader(type: number, bytes: number): Buffer {
  const header = Buffer.allocUnsafe(frameHeaderBytes)
  header[0] = type
  header.writeUInt32BE(bytes, 1)
  return header
}

export function makeFrame(type: number, payload: Uint8Array = new Uint8Array()): Buffer {
  return Buffer.concat([frameHeader(type, payload.length), payload])
}

export function makeJsonFrame(type: number, value: unknown): Buffer {
  return makeFrame(type, Buffer.from(JSON.stringify(value)))
}
