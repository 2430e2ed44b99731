import { createHash, timingSafeEqual } from 'node:crypto'

import { ConfigurationError } from '../errors/index.ts'

const shortest = 16

/**
 * Whether a text is one of the secrets. Compares digests, and all of them always, so that neither length nor
 * content shows in the time that it takes.
 *
 * @throws `ConfigurationError` for no secret, or one that can be guessed
 */
export function secretMatch(
  what: string,
  values: readonly string[],
): (given: string | undefined) => boolean {
  if (values.length === 0 || values.some((value) => value.length < shortest)) {
    throw new ConfigurationError(
      `Cannot use ${what}: give at least one value of ${shortest} characters or more.`,
    )
  }
  const digests = values.map(digestOf)
  return (text) => {
    const given = digestOf(text ?? '')
    return digests.map((digest) => timingSafeEqual(digest, given)).includes(true)
  }
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
