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
  /** Parameters of no general meaning that are `true`. */
  readonly switches: ReadonlySet<string>
}

const defaultPageSize = 20
const maxPageSize = 100
/** One of the values in a list; what is kept is shorter. */
const maxValueLength = 512

/** @throws {@link PublicApiError} 400 */
export function parseListQuery(url: string): ListQuery {
  const start = url.indexOf('?')
  const parameters = new URLSearchParams(start === -1 ? '' : url.slice(start + 1))
  const filters = new Map<string, string>()
  const fields = new Map<string, readonly string[]>()
  for (const [name, value] of parameters) {
    checkText(name, value)
    const filter = /^filter((?:\[[^[\]]+\])+)$/u.exec(name)?.[1]
    if (filter !== undefined) filters.set(filterName(name, filter), value)
    const type = /^fields\[([^[\]]+)\]$/u.exec(name)?.[1]
    if (type !== undefined) fields.set(type, splitList(value))
  }
  return {
    filters,
    fields,
    // Some clients explode lists: `include=a&include=b`.
    sort: parameters.getAll('sort').flatMap(splitList),
    include: [...new Set(parameters.getAll('include').flatMap(splitList))],
    page: {
      number: positive(parameters, 'page[number]', 1),
      // More is not refused: `page-size` in the answer tells, and `next-page` leads to the rest.
      size: Math.min(positive(parameters, 'page[size]', defaultPageSize), maxPageSize),
    },
    query: parameters.get('query') ?? undefined,
    switches: new Set([...parameters].flatMap(([name, value]) => (value === 'true' ? [name] : []))),
  }
}

export function splitList(value: string): string[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** `[run][status]` → `run.status`, which nothing else may be read as. */
function filterName(parameter: string, brackets: string): string {
  const parts = brackets.slice(1, -1).split('][')
  if (parts.some((part) => part.includes('.'))) {
    const path = parts.join('.').split('.')
    throw invalidParameter(
      parameter.slice(0, 100),
      `Parts of a filter have brackets of their own: 'filter${path.map((part) => `[${part}]`).join('')}'.`.slice(
        0,
        300,
      ),
    )
  }
  return parts.join('.')
}

function checkText(name: string, value: string): void {
  const parameter = name.slice(0, 100)
  if (/[\0\uFFFD]/u.test(name + value)) {
    throw invalidParameter(parameter, 'It is not encoded as UTF-8, or holds a zero byte.')
  }
  if (value.split(',').some((part) => part.length > maxValueLength)) {
    throw invalidParameter(parameter, `A value is longer than ${maxValueLength} characters.`)
  }
}

function positive(parameters: URLSearchParams, name: string, fallback: number): number {
  const value = parameters.get(name)
  if (value === null || value === '') return fallback
  if (!/^[1-9]\d{0,8}$/u.test(value)) {
    throw invalidParameter(name, `'${value.slice(0, 100)}' is not a positive whole number.`)
  }
  return Number(value)
}
