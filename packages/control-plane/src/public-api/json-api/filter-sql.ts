import type { SqlValue } from '../../store/index.ts'

import { splitList } from './list-query.ts'
import { nearestName } from './nearest-name.ts'
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
  if ('column' in filter && filter.flag === true) {
    return { sql: `${filter.column} = ?`, values: [parseFlag(name, value)] }
  }
  const { operator, text } = parseOperator(name, value)
  const list = splitList(text)
  if ('condition' in filter) {
    if (operator !== 'in') {
      throw invalidParameter(
        filterParameter(name),
        `It takes one value or a list of them; '${operator}:' is not for it.`,
      )
    }
    return { sql: filter.condition, values: [JSON.stringify(list)] }
  }
  const { column } = filter
  if (operator === 'like') {
    if (text === '') throw invalidParameter(filterParameter(name), "'like:' takes a text.")
    return { sql: `${column} LIKE ? ESCAPE '\\'`, values: [likePattern(text)] }
  }
  if (operator === 'between') {
    const [from, to, ...rest] = list
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

const operators = ['in', 'like', 'between'] as const
type Operator = (typeof operators)[number]

/** What other APIs have, and people try. */
const foreign =
  'eq|ne|neq|not|nin|lt|lte|le|gt|gte|ge|ilike|contains|starts|ends|startswith|endswith|regex|range|any'
const foreignOperator = new RegExp(`^(?:${foreign})$`, 'u')

/**
 * A word in front of a colon that is none of the operators, but looks like one: looked for as it stands, it
 * would find nothing. After `in:` any value may hold a colon.
 */
function parseOperator(
  name: string,
  value: string,
): { readonly operator: Operator; readonly text: string } {
  const word = /^([a-z]+):/iu.exec(value)?.[1]
  if (word === undefined) return { operator: 'in', text: value }
  const operator = operators.find((each) => each === word)
  if (operator !== undefined) return { operator, text: value.slice(word.length + 1) }
  const lower = word.toLowerCase()
  const isMeant = operators.some((each) => each === lower) || foreignOperator.test(lower)
  const isNear = lower.length > 2 && nearestName(lower, ['like', 'between']) !== undefined
  if (!isMeant && !isNear) return { operator: 'in', text: value }
  throw invalidParameter(
    filterParameter(name),
    `There is no operator '${word}:'; there are 'in:', 'like:' and 'between:'. ` +
      "If it belongs to the value, write 'in:' before it.",
  )
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
