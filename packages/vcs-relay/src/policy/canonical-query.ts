import { RefusedTarget } from './refusal.ts'
import { decodeText } from './segment.ts'

/** One parameter of a query, decoded as forms are. */
export interface QueryParameter {
  readonly key: string
  readonly value: string
}

const maxParameters = 64
// RFC 3986 query without ';', which some servers take as another '&'.
const queryCharacters = /^[A-Za-z0-9\-._~!$&'()*+,=:@%/?]*$/u

/** Reads a query, and refuses what two readers could read in two ways. */
export function readQuery(raw: string): readonly QueryParameter[] {
  if (raw === '') throw new RefusedTarget('query', "the target ends with a '?' without a query")
  if (!queryCharacters.test(raw)) {
    const found = Array.from(raw).find((character) => !queryCharacters.test(character)) ?? ''
    throw new RefusedTarget(
      'query',
      `the query holds the character '${found}', which must be percent-encoded`,
    )
  }
  const pieces = raw.split('&')
  if (pieces.length > maxParameters) {
    throw new RefusedTarget('query', `the query has more than ${maxParameters} parameters`)
  }
  const parameters = pieces.map(readParameter)
  const seen = new Set<string>()
  for (const { key } of parameters) {
    // The first of two counts for some servers, the last for others. Lists are meant to repeat.
    if (seen.has(key) && !key.endsWith('[]')) {
      throw new RefusedTarget('query', 'a parameter of the query is given twice')
    }
    seen.add(key)
  }
  return parameters
}

function readParameter(piece: string): QueryParameter {
  const mark = piece.indexOf('=')
  const rawKey = mark === -1 ? piece : piece.slice(0, mark)
  const rawValue = mark === -1 ? '' : piece.slice(mark + 1)
  if (rawKey === '') throw new RefusedTarget('query', 'the query holds a parameter without a name')
  return { key: decodeForm(rawKey), value: decodeForm(rawValue) }
}

function decodeForm(raw: string): string {
  return decodeText(raw.replaceAll('+', '%20'), 'query')
}
