/** Joins the pieces; copies only when several are not empty. */
export function concatBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const filled = pieces.filter((piece) => piece.length > 0)
  return filled.length > 1 ? Buffer.concat(filled) : (filled[0] ?? new Uint8Array(0))
}
