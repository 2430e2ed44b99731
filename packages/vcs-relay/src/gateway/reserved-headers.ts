import type { HeaderPairs } from '../relay-exchange.ts'

/** Header under which whoever serves relayed answers over HTTP tells who made them. */
export const originHeader = 'x-relay-origin'

/** A VCS may not speak in the relay's name. */
export function withoutReserved(headers: HeaderPairs): HeaderPairs {
  return headers.filter(([name]) => name.toLowerCase() !== originHeader)
}
