import type { RunEngine } from '../../engine/index.ts'

import type { Attribute } from './attribute.ts'
import { idsOf, nullableTextOf, type Row } from './row.ts'

/** What an attribute may look at beside its row. */
export interface ReadContext {
  readonly engine: RunEngine
  readonly publicUrl: () => string
  readonly now: () => Date
}

export type Relation =
  | { readonly type: string; readonly id: (row: Row) => string | null }
  | { readonly type: string; readonly ids: (row: Row) => readonly string[] }

/**
 * How a filter becomes SQL: a column (lists, `in:`, `like:`, `between:` and `null` come by themselves),
 * or a condition whose one `?` is a JSON array of the values.
 */
export type Filter =
  | { readonly column: string; readonly flag?: boolean }
  | { readonly condition: string }

/** One type of resource, as data: everything that reading needs. */
export interface Resource {
  readonly type: string
  /** How Scalr's OpenAPI document calls the reads of it; one without a list has none. */
  readonly operations: { readonly list?: string; readonly get: string }
  /** Scalr's word in error texts. */
  readonly model: string
  /** Path below the API's base, for `links.self`. */
  readonly path: string
  /** Read along with others alone: there is nothing at its path. */
  readonly onlyIncluded?: true
  /** SQL columns; the table's alias is `t`. */
  readonly columns: string
  readonly from: string
  /** SQL expression of the account that owns a row. */
  readonly account: string
  readonly attributes: Readonly<Record<string, Attribute>>
  readonly relations: Readonly<Record<string, Relation>>
  readonly links?: (row: Row, context: ReadContext) => Readonly<Record<string, string>>
  readonly filters: Readonly<Record<string, Filter>>
  /**
   * Further parameters of lists, `true` or `false`: SQL of what `true` lets through; `null` where nothing
   * here could be otherwise.
   */
  readonly switches?: Readonly<Record<string, string | null>>
  /** Columns that `query=` looks into. */
  readonly searched?: readonly string[]
  /** SQL expression by sort key. */
  readonly sorts: Readonly<Record<string, string>>
  readonly defaultSort: string
}

export function toOne(type: string, column: string): Relation {
  return { type, id: (row) => nullableTextOf(row, column) }
}

/** `column` holds a JSON array of ids. */
export function toMany(type: string, column: string): Relation {
  return { type, ids: (row) => idsOf(row, column) }
}

/** A user who did something; a service account did it where it is unset. */
export function byUser(column: string): Relation {
  return {
    type: 'users',
    id: (row) => {
      const id = nullableTextOf(row, column)
      return id?.startsWith('user-') === true ? id : null
    },
  }
}

/** A relation that this control plane never fills. */
export function empty(type: string): Relation {
  return { type, id: () => null }
}

export function emptyMany(type: string): Relation {
  return { type, ids: () => [] }
}
