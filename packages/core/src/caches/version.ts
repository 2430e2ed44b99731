const number = '0|[1-9]\\d{0,8}'
const identifiers = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*'
const semver = new RegExp(
  `^(${number})\\.(${number})\\.(${number})(?:-(${identifiers}))?(?:\\+${identifiers})?$`,
  'u',
)

/** Whether it is a whole version, as releases are named. Also keeps paths and URLs from being left. */
export function isVersion(text: string): boolean {
  return text.length <= 64 && semver.test(text)
}

/** Orders versions, older first; what comes before a release is older than it. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [semver.exec(a) ?? [], semver.exec(b) ?? []]
  for (const index of [1, 2, 3]) {
    const difference = Number(left[index] ?? 0) - Number(right[index] ?? 0)
    if (difference !== 0) return difference
  }
  return comparePreRelease(left[4], right[4])
}

/** Whether it comes before a release, as `1.12.0-rc1` does. */
export function isPreRelease(version: string): boolean {
  return semver.exec(version)?.[4] !== undefined
}

function comparePreRelease(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
  const [left, right] = [a.split('.'), b.split('.')]
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = compareIdentifiers(left[index], right[index])
    if (difference !== 0) return difference
  }
  return 0
}

function compareIdentifiers(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined)
  const [isNumberA, isNumberB] = [/^\d+$/u.test(a), /^\d+$/u.test(b)]
  if (isNumberA && isNumberB) return Number(a) - Number(b)
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1
  if (a === b) return 0
  return a < b ? -1 : 1
}
