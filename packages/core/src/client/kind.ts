import { z } from 'zod'

import { toWireName } from './wire-name.ts'

/**
 * A kind of attribute: how it is read (`Value`), what may be written (`Input`), and what of it must be
 * renamed on the way. Attributes of free form keep their keys.
 */
export interface Kind<Value = unknown, Input = unknown> {
  readonly name:
    | 'text'
    | 'flag'
    | 'count'
    | 'instant'
    | 'json'
    | 'map'
    | 'choice'
    | 'list'
    | 'shape'
  readonly schema: z.ZodType<Value>
  /** Whether a value can be taken as it is, without the schema. */
  readonly fits?: (value: unknown) => boolean
  /** `null` may be written, and clears. */
  readonly nullable?: true
  /** Of a field of a `shape`: must be written with it. */
  readonly needed?: true
  /** Values known today, of a `choice`. */
  readonly values?: readonly string[]
  /** Of a `shape`. */
  readonly fields?: Readonly<Record<string, Kind>>
  /** The same, ready for reading. */
  readonly members?: readonly (readonly [name: string, wire: string, kind: Kind])[]
  /** Of a `list`. */
  readonly item?: Kind
  /** Carries the input type; never there. */
  readonly input?: Input
}

const isText = (value: unknown): boolean => typeof value === 'string'

export const text: Kind<string, string> = { name: 'text', schema: z.string(), fits: isText }
export const flag: Kind<boolean, boolean> = {
  name: 'flag',
  schema: z.boolean(),
  fits: (value) => typeof value === 'boolean',
}
/** A whole number. One that JavaScript cannot hold exactly is refused rather than rounded. */
export const count: Kind<number, number> = {
  name: 'count',
  schema: z.int(),
  fits: Number.isSafeInteger,
}
/** ISO 8601, as the server wrote it. */
export const instant: Kind<string, string> = {
  name: 'instant',
  schema: z.string(),
  fits: isText,
}
/** Whatever JSON it is. Of numbers beyond 2^53 the last digits are lost, as everywhere in JavaScript. */
export const json: Kind = { name: 'json', schema: z.unknown(), fits: () => true }
/** An object whose keys are data. */
export const map: Kind<Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>> = {
  name: 'map',
  schema: z.record(z.string(), z.unknown()),
  // That key is for the schema to leave out: who merges such an object would change its prototype.
  fits: (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !Object.hasOwn(value, '__proto__'),
}

/** A known word or one that a newer server made up, which is kept as it is. */
export type Open<Known extends string> = Known | (string & Record<never, never>)

/** One word of many; unknown ones are kept. */
export function choice<const Known extends string>(
  ...values: readonly Known[]
): Kind<Open<Known>, Open<Known>> {
  return { name: 'choice', schema: z.string(), fits: isText, values }
}

export function list<Value, Input>(
  item: Kind<Value, Input>,
): Kind<readonly Value[], readonly Input[]> {
  return { name: 'list', schema: z.array(item.schema), item }
}

/** `null` may be written, and clears. To a reader, absent and `null` are the same everywhere. */
export function nullable<Value, Input>(kind: Kind<Value, Input>): Kind<Value, Input | null> {
  const { input: _input, ...rest } = kind
  return { ...rest, nullable: true }
}

/** A field that a shape is not written without. */
export function needed<Value, Input>(
  kind: Kind<Value, Input>,
): Kind<Value, Input> & { readonly needed: true } {
  return { ...kind, needed: true }
}

type Fields = Readonly<Record<string, Kind>>
type ShapeValue<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Kind<infer Value> ? Value | null : never
}
type InputOf<K> = K extends Kind<unknown, infer Input> ? Input : never
type NeededKeys<F extends Fields> = {
  [K in keyof F]: F[K] extends { readonly needed: true } ? K : never
}[keyof F]
type ShapeInput<F extends Fields> = {
  readonly [K in NeededKeys<F>]: InputOf<F[K]>
} & {
  readonly [K in Exclude<keyof F, NeededKeys<F>>]?: InputOf<F[K]> | undefined
}

/** An object with known fields; those that the server leaves out are `null`. */
export function shape<const F extends Fields>(fields: F): Kind<ShapeValue<F>, ShapeInput<F>> {
  const schemas = Object.fromEntries(
    Object.entries(fields).map(([name, kind]) => [name, orNull(kind.schema)]),
  )
  const schema = z.preprocess((value) => renameFields(value, fields), z.object(schemas))
  const members = Object.entries(fields).map(
    ([name, kind]) => [name, toWireName(name), kind] as const,
  )
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- zod cannot see a computed shape
  return { name: 'shape', schema: schema as unknown as z.ZodType<ShapeValue<F>>, fields, members }
}

/** Absent and `null` are the same to a reader. */
function orNull<Value>(schema: z.ZodType<Value>): z.ZodType<Value | null> {
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
