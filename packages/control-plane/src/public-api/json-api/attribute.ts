import { z, type ZodType } from 'zod'

import { flagOf, jsonOf, nullableTextOf, textOf } from './row.ts'
import type { ReadContext } from './resource.ts'
import type { Row } from './row.ts'

/** One attribute of a resource: what readers may expect of it, and how it is read from a row. */
export interface Attribute {
  /** For the OpenAPI document. An optional one is left out where it is `undefined`. */
  readonly schema: ZodType
  readonly read: (row: Row, context: ReadContext) => unknown
}

/** An attribute of whatever form; what is read has to be what the schema says. */
export function attribute<Schema extends ZodType>(
  schema: Schema,
  read: (row: Row, context: ReadContext) => z.output<Schema>,
): Attribute {
  return { schema, read }
}

/** A text that is always there. */
export function text(column: string, schema: ZodType<string> = z.string()): Attribute {
  return { schema, read: (row) => textOf(row, column) }
}

export function nullableText(column: string, schema: ZodType<string> = z.string()): Attribute {
  return { schema: schema.nullable(), read: (row) => nullableTextOf(row, column) }
}

/** Scalr's document knows no `null` for it: left out where it is unset. */
export function textIfSet(column: string): Attribute {
  return { schema: z.string().optional(), read: (row) => nullableTextOf(row, column) ?? undefined }
}

export function integer(column: string): Attribute {
  return { schema: z.int(), read: (row) => row[column] }
}

export function nullableInteger(column: string): Attribute {
  return { schema: z.int().nullable(), read: (row) => row[column] ?? null }
}

/** A moment, as ISO 8601 in UTC. */
export function time(column: string): Attribute {
  return text(column, z.iso.datetime())
}

export function nullableTime(column: string): Attribute {
  return nullableText(column, z.iso.datetime())
}

export function flag(column: string): Attribute {
  return { schema: z.boolean(), read: (row) => flagOf(row, column) }
}

/** What a `_json` column holds. */
export function json(column: string, schema: ZodType): Attribute {
  return { schema, read: (row) => jsonOf(row, column) }
}

/** The same, left out where it is unset. */
export function jsonIfSet(column: string, schema: ZodType): Attribute {
  return { schema: schema.optional(), read: (row) => jsonOf(row, column) ?? undefined }
}

/** The same for every row. */
export function constant<Schema extends ZodType>(
  value: z.output<Schema>,
  schema: Schema,
): Attribute {
  return { schema, read: () => value }
}
