/** The smallest of `values` that at least `share` of them do not exceed (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const found = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]
  if (found === undefined) throw new TypeError('No values to take a quantile of')
  return found
}

/** The middle one; of an even count, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const mirrored = values.map((value) => -value)
  return (quantile(values, 0.5) - quantile(mirrored, 0.5)) / 2
}

/** Rounds for people; `digits` behind the point. */
export function rounded(value: number, digits = 1): number {
  return Number(value.toFixed(digits))
}
