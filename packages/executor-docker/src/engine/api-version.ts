/** The oldest API that we speak: Docker 20.10. */
export const minimumApiVersion = '1.41'
/** The newest one that this version was tested with. */
const testedApiVersion = '1.56'

/** Below zero when `a` is older than `b`. @throws for text that is no `major.minor` */
export function compareApiVersions(a: string, b: string): number {
  const [aMajor, aMinor] = parts(a)
  const [bMajor, bMinor] = parts(b)
  return aMajor - bMajor || aMinor - bMinor
}

/**
 * The version to speak: the newest that both sides know.
 *
 * @returns what is wrong, in words, when there is none
 */
export function negotiateApiVersion(engine: {
  readonly newest: string
  readonly oldest: string
}): { readonly version: string } | { readonly problem: string } {
  if (!isVersion(engine.newest)) {
    return { problem: `it tells no API version that we could read (\`${engine.newest}\`)` }
  }
  if (compareApiVersions(engine.newest, minimumApiVersion) < 0) {
    return {
      problem: `its API is ${engine.newest}, and ${minimumApiVersion} is the oldest that works. Update to Docker 20.10 or later`,
    }
  }
  if (isVersion(engine.oldest) && compareApiVersions(engine.oldest, testedApiVersion) > 0) {
    return {
      problem: `its API begins at ${engine.oldest}, and this agent knows up to ${testedApiVersion}. Update the agent`,
    }
  }
  const version =
    compareApiVersions(engine.newest, testedApiVersion) < 0 ? engine.newest : testedApiVersion
  return { version }
}

function isVersion(text: string): boolean {
  return /^\d{1,4}\.\d{1,4}$/u.test(text)
}

function parts(version: string): readonly [number, number] {
  if (!isVersion(version)) throw new TypeError(`'${version}' is no API version.`)
  const [major = '', minor = ''] = version.split('.')
  return [Number(major), Number(minor)]
}
