/** The known name that was probably meant, for error texts; `undefined` when none is near. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  // Nobody mistypes that much, and the distance costs its square.
  if (given.length > 60) return undefined
  let nearest: string | undefined
  let least = Math.max(1, Math.floor(given.length / 3)) + 1
  for (const name of known) {
    const distance = distanceOf(given, name)
    if (distance < least) {
      least = distance
      nearest = name
    }
  }
  return nearest
}

/** ` Did you mean 'name'?`, or nothing. */
export function didYouMean(given: string, known: readonly string[]): string {
  const nearest = nearestName(given, known)
  return nearest === undefined ? '' : ` Did you mean '${nearest}'?`
}

/** Letters to insert, delete or replace. */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= other.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + Number(one[i - 1] !== other[j - 1])
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[other.length] ?? 0
}
