import type { SqlValue } from '../../store/index.ts'

import { splitList } from './list-query.ts'
import { invalidParameter } from './public-api-error.ts'
import type { Filter } from './resource.ts'

export interface SqlCondition {
  readonly sql: string
  readonly values: readonly SqlValue[]
}

/**
 * One filter as SQL: `a,b` and `in:a,b` (with the literal `null` among them), `like:x`, `between:x,y`.
 * Values are always bound, lists as one JSON array, so the set of statements stays small.
 */
export function filterSql(name: string, filter: Filter, value: string): SqlCondition {
  const list = splitList(value.startsWith('in:') ? value.slice(3) : value)
  if ('condition' in filter) return { sql: filter.condition, values: [JSON.stringify(list)] }
  const { column } = filter
  if (filter.flag === true) return { sql: `${column} = ?`, values: [parseFlag(name, value)] }
  if (value.startsWith('like:')) {
    return { sql: `${column} LIKE ? ESCAPE '\\'`, values: [likePattern(value.slice(5))] }
  }
  if (value.startsWith('between:')) {
    const [from, to, ...rest] = splitList(value.slice(8))
    if (from === undefined || to === undefined || rest.length > 0) {
      throw invalidParameter(filterParameter(name), "'between:' takes two values.")
    }
    return { sql: `${column} BETWEEN ? AND ?`, values: [from, to] }
  }
  const named = list.filter((item) => item !== 'null')
  const sql = `${column} IN (SELECT value FROM json_each(?))`
  if (named.length === list.length) return { sql, values: [JSON.stringify(named)] }
  return { sql: `(${column} IS NULL OR ${sql})`, values: [JSON.stringify(named)] }
}

/** `run.status` → `filter[run][status]`. */
export function filterParameter(name: string): string {
  return `filter${name
    .split('.')
    .map((part) => `[${part}]`)
    .join('')}`
}

/** Contains, whatever wildcards the text holds itself. */
export function likePattern(value: string): string {
  return `%${value.replaceAll(/[\\%_]/gu, String.raw`\$&`)}%`
}

function parseFlag(name: string, value: string): boolean {
  switch (value.toLowerCase()) {
    case 'true':
    case '1':
      return true
    case 'false':
    case '0':
      return false
    default:
      throw invalidParameter(filterParameter(name), "Use 'true' or 'false'.")
  }
}
