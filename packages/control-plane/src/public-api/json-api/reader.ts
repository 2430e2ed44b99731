import type { Database, SqlValue } from '../../store/index.ts'

import { filterParameter, filterSql, likePattern, type SqlCondition } from './filter-sql.ts'
import type { ListQuery } from './list-query.ts'
import { didYouMean } from './nearest-name.ts'
import { invalidParameter, notFound } from './public-api-error.ts'
import type { ReadContext, Resource } from './resource.ts'
import type { Row } from './row.ts'
import { textOf } from './row.ts'
import { serialize, type ResourceObject } from './serializer.ts'

export interface JsonApiDocument {
  readonly data: ResourceObject | readonly ResourceObject[]
  readonly included?: readonly ResourceObject[]
  readonly meta?: unknown
}

/** Reads resources of one account and makes documents of them. */
export class Reader {
  readonly #db: Database
  readonly #context: ReadContext
  readonly #byType: ReadonlyMap<string, Resource>

  constructor(db: Database, context: ReadContext, resources: readonly Resource[]) {
    this.#db = db
    this.#context = context
    this.#byType = new Map(resources.map((resource) => [resource.type, resource]))
  }

  /** The row, if it is the account's. @throws {@link PublicApiError} 404 */
  row(resource: Resource, accountId: string, id: string): Row {
    const row = this.find(resource, accountId, id)
    if (row === undefined) throw notFound(resource.model, id)
    return row
  }

  find(resource: Resource, accountId: string, id: string): Row | undefined {
    return this.#db.get<Row>(
      `SELECT ${resource.columns} FROM ${resource.from} WHERE ${resource.account} = ? AND t.id = ?`,
      accountId,
      id,
    )
  }

  /** One resource as a document. @throws {@link PublicApiError} 404 */
  one(resource: Resource, accountId: string, id: string, query: ListQuery): JsonApiDocument {
    const row = this.row(resource, accountId, id)
    return this.#document(resource, accountId, [row], query, true)
  }

  /** A page of resources as a document. `base` narrows it beyond the filters. */
  list(
    resource: Resource,
    accountId: string,
    query: ListQuery,
    base?: SqlCondition,
  ): JsonApiDocument {
    const conditions = this.#conditions(resource, accountId, query, base)
    const where = conditions.map(({ sql }) => sql).join(' AND ')
    const values: SqlValue[] = conditions.flatMap((condition) => [...condition.values])
    const total =
      this.#db.get<{ total: number }>(
        `SELECT COUNT(*) AS total FROM ${resource.from} WHERE ${where}`,
        ...values,
      )?.total ?? 0
    const { number, size } = query.page
    const rows = this.#db.all<Row>(
      `SELECT ${resource.columns} FROM ${resource.from} WHERE ${where}
       ORDER BY ${orderBy(resource, query.sort)} LIMIT ? OFFSET ?`,
      ...values,
      size,
      (number - 1) * size,
    )
    const pages = Math.max(1, Math.ceil(total / size))
    return {
      ...this.#document(resource, accountId, rows, query, false),
      meta: {
        pagination: {
          'current-page': number,
          'prev-page': number > 1 ? number - 1 : null,
          'next-page': number < pages ? number + 1 : null,
          'total-pages': pages,
          'total-count': total,
          'page-size': size,
        },
      },
    }
  }

  #conditions(
    resource: Resource,
    accountId: string,
    query: ListQuery,
    base: SqlCondition | undefined,
  ): SqlCondition[] {
    const conditions: SqlCondition[] = [{ sql: `${resource.account} = ?`, values: [accountId] }]
    if (base !== undefined) conditions.push(base)
    for (const [name, value] of query.filters) {
      // `account` is not documented for all of them, but go-scalr and scalr-cli send it to all.
      const filter =
        own(resource.filters, name) ??
        (name === 'account' ? { column: resource.account } : undefined)
      // Passing over a filter would answer with what the caller did not ask for.
      if (filter === undefined) {
        throw invalidParameter(
          filterParameter(name).slice(0, 100),
          `This filter is not supported for ${resource.type}.${didYouMean(filterParameter(name), Object.keys(resource.filters).map(filterParameter))}`,
        )
      }
      conditions.push(filterSql(name, filter, value))
    }
    for (const [name, sql] of Object.entries(resource.switches ?? {})) {
      if (sql !== null && query.switches.has(name)) conditions.push({ sql, values: [] })
    }
    if (query.query !== undefined && query.query !== '') {
      const pattern = likePattern(query.query)
      const columns = ['t.id', ...(resource.searched ?? [])]
      conditions.push({
        sql: `(${columns.map((column) => `${column} LIKE ? ESCAPE '\\'`).join(' OR ')})`,
        values: columns.map(() => pattern),
      })
    }
    return conditions
  }

  #document(
    resource: Resource,
    accountId: string,
    rows: readonly Row[],
    query: ListQuery,
    single: boolean,
  ): JsonApiDocument {
    const data = rows.map((row) => serialize(resource, row, this.#context, query.fields))
    const included = this.#included(resource, accountId, rows, query)
    const first = data[0]
    return {
      data: single && first !== undefined ? first : data,
      ...(query.include.length === 0 ? {} : { included }),
    }
  }

  /** What `include` asked for and exists here; names of Scalr's that we have no resource for add nothing. */
  #included(
    resource: Resource,
    accountId: string,
    rows: readonly Row[],
    query: ListQuery,
  ): ResourceObject[] {
    const found = new Map<string, ResourceObject>()
    for (const name of query.include) {
      const relation = own(resource.relations, name)
      const target = relation === undefined ? undefined : this.#byType.get(relation.type)
      if (relation === undefined || target === undefined) continue
      for (const row of rows) {
        const ids = 'ids' in relation ? relation.ids(row) : [relation.id(row)]
        for (const id of ids) {
          if (id === null || found.has(`${target.type}/${id}`)) continue
          const other = this.find(target, accountId, id)
          if (other === undefined) continue
          found.set(
            `${target.type}/${textOf(other, 'id')}`,
            serialize(target, other, this.#context, query.fields),
          )
        }
      }
    }
    return [...found.values()]
  }
}

function orderBy(resource: Resource, sort: readonly string[]): string {
  const seen = new Set<string>()
  const terms = sort.map((key) => {
    const descending = key.startsWith('-')
    const name = descending ? key.slice(1) : key
    const expression = own(resource.sorts, name)
    const keys = Object.keys(resource.sorts)
    if (expression === undefined) {
      const shown = name.slice(0, 100)
      throw invalidParameter(
        'sort',
        `Sorting ${resource.type} by '${shown}' is not supported.${didYouMean(shown, keys)} Keys: ${keys.toSorted().join(', ') || 'none'}.`,
      )
    }
    if (seen.has(name)) throw invalidParameter('sort', `'${name}' is given more than once.`)
    seen.add(name)
    return `${expression} ${descending ? 'DESC' : 'ASC'}`
  })
  // The id makes the order total, so that no row is on two pages or on none.
  return [...(terms.length === 0 ? [resource.defaultSort] : terms), 't.id ASC'].join(', ')
}

/** Names come from requests: `constructor` must not find what every object has. */
function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}
