import { ConfigurationError } from '../errors/index.ts'
import type { QueryValues } from '../http/index.ts'
import type { ResourceDefinition } from './resource-definition.ts'
import type { FilterInput, IncludeOf, ParameterOptions } from './resource-types.ts'
import type { Exactly } from './resources-by-type.ts'
import { fieldQuery } from './sparse-fields.ts'
import { toWireName } from './wire-name.ts'

/** A point in time, as ISO 8601 where it is text. */
export type Instant = string | Date

/**
 * What a filter lets through. A list means any of them; `null` means unset. `in`, `like` and `between` are
 * the API's operators.
 */
export type FilterValue<Value = string | number | boolean> =
  | Value
  | null
  | readonly Value[]
  | { readonly in: readonly (Value | null)[] }
  | { readonly like: string }
  | { readonly between: readonly [from: Instant, to: Instant] }

/** Filters under their names in camelCase; nested ones with dots: `'run.status'`. */
export type FilterOptions<D extends ResourceDefinition> = {
  readonly [K in D['filter'][number]]?: FilterValue<FilterInput<D, K>> | undefined
}

/** Asks for nothing in particular. */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- it has no keys, whatever is asked
export type NoFields = Readonly<Record<never, never>>

interface ListSettings<D extends ResourceDefinition, I extends IncludeOf<D>, F> {
  readonly filter?: FilterOptions<D> | undefined
  /** Keys in camelCase; a minus turns the order round. */
  readonly sort?: readonly (D['sort'][number] | `-${D['sort'][number]}`)[]
  /** Relations to fetch along; they lie in the results under their names. */
  readonly include?: readonly I[]
  /** The only fields to fetch, by JSON:API type, where the API has it: `{ runs: ['status'] }`. */
  readonly fields?: Exactly<F, D, 'list'>
  /** @default 100 */
  readonly pageSize?: number
  readonly signal?: AbortSignal | undefined
}

/** Which resources to list, and what to fetch along. */
export type ListOptions<
  D extends ResourceDefinition,
  I extends IncludeOf<D> = never,
  F = NoFields,
> = ListSettings<D, I, F> & ParameterOptions<D, 'list'>

/** What is asked for beside the id: of lists and of single resources. Parameters of a resource come beside these. */
interface QueryOptions extends Readonly<Record<string, unknown>> {
  readonly filter?: Readonly<Record<string, unknown>> | undefined
  readonly sort?: readonly string[]
  readonly include?: readonly PropertyKey[] | undefined
  readonly fields?: Readonly<Record<string, readonly string[] | undefined>> | undefined
  readonly pageSize?: number
}

/** The query of one page. @throws `ConfigurationError` for a filter that cannot be written */
export function listQuery(
  definition: ResourceDefinition,
  options: QueryOptions,
  page: number,
): QueryValues {
  const query: Record<string, string | number> = {
    'page[number]': page,
    'page[size]': options.pageSize ?? 100,
  }
  for (const [name, value] of Object.entries(options.filter ?? {})) {
    if (value === undefined) continue
    const brackets = name.split('.').map((part) => `[${toWireName(part)}]`)
    query[`filter${brackets.join('')}`] = filterText(definition.label, name, value)
  }
  if (options.sort !== undefined && options.sort.length > 0) {
    // Not by toWireName alone: the minus in front stays.
    query['sort'] = options.sort.map((key) => toWireName(key)).join(',')
  }
  return { ...query, ...resourceQuery(definition, 'list', options) }
}

/** What a call asks for of the resources that it is answered with. */
export function resourceQuery(
  definition: ResourceDefinition,
  operation: 'list' | 'create' | 'get' | 'update',
  options: QueryOptions,
): QueryValues {
  const { include = [] } = options
  const given = new Map<string, unknown>(Object.entries(options))
  const parameters = Object.entries(definition.parameters?.[operation] ?? {}).flatMap(
    ([key, { name }]) => {
      const value = given.get(key)
      return value === undefined || value === null ? [] : [[name, valueText(value)] as const]
    },
  )
  return {
    ...Object.fromEntries(parameters),
    ...(include.length === 0
      ? {}
      : { include: include.map((name) => toWireName(String(name))).join(',') }),
    ...fieldQuery(definition, options.fields, include),
  }
}

function filterText(label: string, name: string, value: unknown): string {
  const join = (values: readonly unknown[]): string => {
    if (values.length === 0) {
      throw refuse(label, name, 'the list is empty, which would filter nothing. Leave it out')
    }
    return values.map((each) => textOf(each)).join(',')
  }
  const textOf = (each: unknown): string => {
    const text = valueText(each)
    if (text.includes(',')) {
      throw refuse(label, name, 'a comma in one value of several would make two of it')
    }
    return text
  }
  if (Array.isArray(value)) return join(value)
  if (value instanceof Date || typeof value !== 'object' || value === null) return valueText(value)
  const [[operator, operand] = ['', undefined], ...more] = Object.entries(value)
  if (more.length === 0) {
    if (operator === 'like' && typeof operand === 'string') return `like:${operand}`
    if (operator === 'in' && Array.isArray(operand)) return `in:${join(operand)}`
    if (operator === 'between' && Array.isArray(operand) && operand.length === 2) {
      return `between:${join(operand)}`
    }
  }
  throw refuse(label, name, 'it has one of `in: […]`, `like: "…"` and `between: [from, to]`')
}

/** A text, number or flag as a query has it. */
function valueText(value: unknown): string {
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function refuse(label: string, name: string, why: string): ConfigurationError {
  return new ConfigurationError(`Cannot list the ${label}s: filter \`${name}\`: ${why}.`)
}
