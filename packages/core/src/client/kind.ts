import { z } from 'zod'

import { toWireName } from './wire-name.ts'

/**
 * A kind of attribute: how it is read (`Value`), what may be written (`Input`), and what of it must be
 * renamed on the way. Attributes of free form keep their keys.
 */
export interface Kind<Value = unknown, Input = unknown> {
  readonly schema: z.ZodType<Value>
  /** Values known today, of a `choice`. */
  readonly values?: readonly (string | number)[]
  /** Of a `shape`. */
  readonly fields?: Readonly<Record<string, Kind>>
  /** Of a `list`. */
  readonly item?: Kind
  /** Carries the input type; never there. */
  readonly input?: Input
}

export const text: Kind<string, string> = { schema: z.string() }
export const flag: Kind<boolean, boolean> = { schema: z.boolean() }
export const count: Kind<number, number> = { schema: z.number() }
/** ISO 8601, as the server wrote it. */
export const instant: Kind<string, string> = { schema: z.string() }
/** Whatever JSON it is. */
export const json: Kind = { schema: z.unknown() }
/** An object whose keys are data. */
export const map: Kind<Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>> = {
  schema: z.record(z.string(), z.unknown()),
}

/** A known word or one that a newer server made up, which is kept as it is. */
export type Open<Known extends string> = Known | (string & Record<never, never>)

/** One word of many; unknown ones are kept. */
export function choice<const Known extends string>(
  ...values: readonly Known[]
): Kind<Open<Known>, Open<Known>> {
  return { schema: z.string(), values }
}

export function list<Value, Input>(
  item: Kind<Value, Input>,
): Kind<readonly Value[], readonly Input[]> {
  return { schema: z.array(item.schema), item }
}

type Fields = Readonly<Record<string, Kind>>
type ShapeValue<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Kind<infer Value> ? Value | null : never
}
type ShapeInput<F extends Fields> = {
  readonly [K in keyof F]?: F[K] extends Kind<unknown, infer Input> ? Input | null : never
}

/** An object with known fields; those that the server leaves out are `null`. */
export function shape<const F extends Fields>(fields: F): Kind<ShapeValue<F>, ShapeInput<F>> {
  const schemas = Object.fromEntries(
    Object.entries(fields).map(([name, kind]) => [name, orNull(kind.schema)]),
  )
  const schema = z.preprocess((value) => renameFields(value, fields), z.object(schemas))
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- zod cannot see a computed shape
  return { schema: schema as unknown as z.ZodType<ShapeValue<F>>, fields }
}

/** Absent and `null` are the same to a reader. */
export function orNull<Value>(schema: z.ZodType<Value>): z.ZodType<Value | null> {
  return schema.nullish().transform((value) => value ?? null)
}

/** What a caller gave, in the form of the wire. */
export function encodeKind(kind: Kind, value: unknown): unknown {
  if (kind.item !== undefined && Array.isArray(value)) {
    const { item } = kind
    return value.map((entry) => encodeKind(item, entry))
  }
  if (kind.fields === undefined || typeof value !== 'object' || value === null) return value
  const { fields } = kind
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, entry]) => entry !== undefined)
      .map(([name, entry]) => {
        const field = fields[name]
        return [toWireName(name), field === undefined ? entry : encodeKind(field, entry)]
      }),
  )
}

function renameFields(value: unknown, fields: Fields): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const wire = new Map<string, unknown>(Object.entries(value))
  return Object.fromEntries(
    Object.keys(fields)
      .filter((name) => wire.has(toWireName(name)))
      .map((name) => [name, wire.get(toWireName(name))]),
  )
}
