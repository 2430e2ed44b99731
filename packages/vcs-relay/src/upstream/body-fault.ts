import type { Endpoint } from '../policy/index.ts'
import type { RelayRequest } from '../relay-exchange.ts'
import { valuesOf } from './header-lines.ts'

/** What is wrong with the body of a request, in words; undefined when nothing is. */
export function bodyFault(endpoint: Endpoint, request: RelayRequest): string | undefined {
  if (endpoint.bodyType === undefined) {
    return request.body === undefined ? undefined : `${endpoint.method} takes no body here`
  }
  if (request.body === undefined) {
    return endpoint.traffic === 'git' ? 'the body is missing' : undefined
  }
  const types = valuesOf(request.headers, 'content-type')
  const type = types[0]?.split(';')[0]?.trim().toLowerCase()
  return types.length === 1 && type === endpoint.bodyType
    ? undefined
    : `the body must be ${endpoint.bodyType}`
}
