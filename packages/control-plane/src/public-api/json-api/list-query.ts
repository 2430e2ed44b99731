import { invalidParameter } from './public-api-error.ts'

/** The query string of a read, taken apart. */
export interface ListQuery {
  /** `filter[run][status]=x` is `run.status` → `x`. */
  readonly filters: ReadonlyMap<string, string>
  readonly sort: readonly string[]
  readonly include: readonly string[]
  /** Sparse fields by type. */
  readonly fields: ReadonlyMap<string, readonly string[]>
  readonly page: { readonly number: number; readonly size: number }
  /** Full text. */
  readonly query: string | undefined
}

const defaultPageSize = 20
const maxPageSize = 100

/** @throws {@link PublicApiError} 400 */
export function parseListQuery(url: string): ListQuery {
  const start = url.indexOf('?')
  const parameters = new URLSearchParams(start === -1 ? '' : url.slice(start + 1))
  const filters = new Map<string, string>()
  const fields = new Map<string, readonly string[]>()
  for (const [name, value] of parameters) {
    const filter = /^filter((?:\[[^[\]]+\])+)$/u.exec(name)?.[1]
    if (filter !== undefined) filters.set(filter.slice(1, -1).replaceAll('][', '.'), value)
    const type = /^fields\[([^[\]]+)\]$/u.exec(name)?.[1]
    if (type !== undefined) fields.set(type, splitList(value))
  }
  return {
    filters,
    fields,
    sort: splitList(parameters.get('sort') ?? ''),
    // `include=a&include=b` as well: some clients explode the list.
    include: parameters.getAll('include').flatMap(splitList),
    page: {
      number: positive(parameters, 'page[number]', 1),
      size: Math.min(positive(parameters, 'page[size]', defaultPageSize), maxPageSize),
    },
    query: parameters.get('query') ?? undefined,
  }
}

export function splitList(value: string): string[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

function positive(parameters: URLSearchParams, name: string, fallback: number): number {
  const value = parameters.get(name)
  if (value === null || value === '') return fallback
  if (!/^[1-9]\d{0,8}$/u.test(value)) {
    throw invalidParameter(name, `'${value.slice(0, 100)}' is not a positive whole number.`)
  }
  return Number(value)
}
