/** Joins the pieces; copies only when there are several. */
export function concatBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces
  if (first === undefined) return new Uint8Array(0)
  return pieces.length === 1 ? first : Buffer.concat(pieces)
}
