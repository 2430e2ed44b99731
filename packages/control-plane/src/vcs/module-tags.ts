/** SemVer 2.0, with or without a `v` before it. */
const versionPattern =
  /^v?((?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*))(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/u

/** The version that a tag stands for; `undefined` for a tag that is none of the module's. */
export function versionOfTag(tag: string, prefix: string): string | undefined {
  if (!tag.startsWith(prefix)) return undefined
  const [, core, preRelease] = versionPattern.exec(tag.slice(prefix.length)) ?? []
  if (core === undefined) return undefined
  const version = preRelease === undefined ? core : `${core}-${preRelease}`
  return version.length <= 64 ? version : undefined
}

/** By the precedence of SemVer: below zero when the first is the older one. */
export function compareVersions(one: string, other: string): number {
  const [oneCore, onePre] = split(one)
  const [otherCore, otherPre] = split(other)
  for (const [index, part] of oneCore.entries()) {
    const difference = compareNumbers(part, otherCore[index] ?? '0')
    if (difference !== 0) return difference
  }
  if (onePre === undefined || otherPre === undefined) {
    return Number(onePre === undefined) - Number(otherPre === undefined)
  }
  for (const [index, part] of onePre.entries()) {
    const against = otherPre[index]
    if (against === undefined) return 1
    const difference = compareIdentifiers(part, against)
    if (difference !== 0) return difference
  }
  return onePre.length - otherPre.length
}

function split(version: string): [core: string[], preRelease: string[] | undefined] {
  const dash = version.indexOf('-')
  if (dash === -1) return [version.split('.'), undefined]
  return [version.slice(0, dash).split('.'), version.slice(dash + 1).split('.')]
}

/** Digits of any length. */
function compareNumbers(one: string, other: string): number {
  return one.length - other.length || (one < other ? -1 : Number(one > other))
}

function compareIdentifiers(one: string, other: string): number {
  const isNumber = /^\d+$/u
  if (isNumber.test(one) && isNumber.test(other)) return compareNumbers(one, other)
  if (isNumber.test(one)) return -1
  if (isNumber.test(other)) return 1
  return one < other ? -1 : Number(one > other)
}
