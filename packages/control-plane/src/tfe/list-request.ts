import { PublicApiError } from '../public-api/index.ts'

import type { Page } from './send-data.ts'

const defaultSize = 20
const maxSize = 100

/** The query of a list. */
export interface ListRequest {
  readonly page: Page
  /** `search[name]`: part of a name. */
  readonly name: string | undefined
}

/** Reads the query of a list; what Terraform does not send is passed over. @throws {@link PublicApiError} 400 */
export function listRequest(url: string): ListRequest {
  const start = url.indexOf('?')
  const query = new URLSearchParams(start === -1 ? '' : url.slice(start + 1))
  const name = query.get('search[name]') ?? ''
  return {
    page: {
      number: positive(query, 'page[number]', 1),
      size: Math.min(positive(query, 'page[size]', defaultSize), maxSize),
    },
    name: name === '' ? undefined : name,
  }
}

function positive(query: URLSearchParams, name: string, fallback: number): number {
  const value = query.get(name)
  // Clients leave out what is zero to them, or send it.
  if (value === null || value === '' || value === '0') return fallback
  if (/^[1-9]\d{0,8}$/u.test(value)) return Number(value)
  throw new PublicApiError(400, {
    title: 'Invalid Parameter',
    detail: `'${value.slice(0, 100)}' is not a positive whole number.`,
    parameter: name,
  })
}
