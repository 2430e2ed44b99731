import type { QueryValues } from '../http/index.ts'
import type { ResourceDefinition } from './resource-definition.ts'
import type { IncludeOf } from './resource-types.ts'
import { toWireName } from './wire-name.ts'

/** A list means any of them. `null` means unset. Operators as the API has them: `'like:prod'`. */
export type FilterValue = string | number | boolean | null | readonly string[]

/** Which resources to list, and what to fetch along. */
export interface ListOptions<D extends ResourceDefinition, I extends IncludeOf<D> = never> {
  /** Filters under their names in camelCase; nested ones with dots: `'run.status'`. */
  readonly filter?: { readonly [K in D['filter'][number]]?: FilterValue | undefined }
  /** Full-text search by id and name, where the resource has it. */
  readonly query?: string
  /** Keys in camelCase; a minus turns the order round. */
  readonly sort?: readonly (D['sort'][number] | `-${D['sort'][number]}`)[]
  readonly include?: readonly I[]
  /** @default 100 */
  readonly pageSize?: number
  readonly signal?: AbortSignal | undefined
}

/** The query of one page. */
export function listQuery<D extends ResourceDefinition, I extends IncludeOf<D>>(
  options: ListOptions<D, I>,
  page: number,
): QueryValues {
  const query: Record<string, string | number> = {
    'page[number]': page,
    'page[size]': options.pageSize ?? 100,
  }
  for (const [name, value] of Object.entries<FilterValue | undefined>(options.filter ?? {})) {
    if (value === undefined) continue
    const brackets = name.split('.').map((part) => `[${toWireName(part)}]`)
    query[`filter${brackets.join('')}`] = Array.isArray(value) ? value.join(',') : String(value)
  }
  if (options.query !== undefined) query['query'] = options.query
  if (options.sort !== undefined && options.sort.length > 0) {
    // Not by toWireName alone: the minus in front stays.
    query['sort'] = options.sort.map((key) => toWireName(key)).join(',')
  }
  return { ...query, ...includeQuery(options.include) }
}

export function includeQuery(include: readonly PropertyKey[] | undefined): QueryValues {
  if (include === undefined || include.length === 0) return {}
  return { include: include.map((name) => toWireName(String(name))).join(',') }
}
