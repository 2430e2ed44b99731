import type { Kind } from './kind.ts'

/**
 * What may be done with an attribute or relation: `required` when creating and always there; `always`
 * there but read alone; `write` may be written and may be missing; `read` alone, and may be missing.
 */
export type Access = 'required' | 'always' | 'write' | 'read'

export interface Attribute<Value = unknown, Input = unknown, A extends Access = Access> {
  readonly kind: Kind<Value, Input>
  readonly access: A
  /** Not enumerable in what is read, so that no log or inspection shows it (I12). */
  readonly secret?: boolean
}

export interface Relation<
  Type extends string = string,
  Many extends boolean = boolean,
  A extends Access = Access,
> {
  /** JSON:API type of what it leads to. */
  readonly type: Type
  readonly many: Many
  readonly access: A
}

/** The calls that most resources have. */
export type Operation = 'list' | 'create' | 'get' | 'update' | 'delete'

/** A parameter of the query beside filters, sort, include and fields. */
export interface QueryParameter<Value = unknown> {
  /** On the wire. */
  readonly name: string
  readonly kind: Kind<unknown, Value>
}

/** A resource of the API as data. Everything generic works from this table. */
export interface ResourceDefinition {
  /** JSON:API type. */
  readonly type: string
  /** Below the API's base. */
  readonly path: string
  /** For messages: `workspace`. */
  readonly label: string
  readonly operations: readonly Operation[]
  readonly attributes: Readonly<Record<string, Attribute>>
  readonly relations: Readonly<Record<string, Relation>>
  /** Members of `links` that are of use: field → link. */
  readonly links?: Readonly<Record<string, string>>
  /** Relations that `include` resolves. */
  readonly include: readonly string[]
  /** Whether `create` and `update` take `include` as well. */
  readonly includeOnWrite?: true
  /** Names of filters; a dot for each further bracket. */
  readonly filter: readonly string[]
  readonly sort: readonly string[]
  /** Which calls take `fields`, and of which JSON:API types. */
  readonly sparse?: {
    readonly on: readonly ('list' | 'get')[]
    readonly types: readonly string[]
  }
  readonly parameters?: {
    readonly [O in Exclude<Operation, 'delete'>]?: Readonly<Record<string, QueryParameter>>
  }
}

/** Keeps the literal types of a definition. */
export function defineResource<const D extends ResourceDefinition>(definition: D): D {
  return definition
}

export function required<V, I>(kind: Kind<V, I>): Attribute<V, I, 'required'> {
  return { kind, access: 'required' }
}
export function always<V, I>(kind: Kind<V, I>): Attribute<V, I, 'always'> {
  return { kind, access: 'always' }
}
export function write<V, I>(kind: Kind<V, I>): Attribute<V, I, 'write'> {
  return { kind, access: 'write' }
}
export function read<V, I>(kind: Kind<V, I>): Attribute<V, I, 'read'> {
  return { kind, access: 'read' }
}
export function secret<A extends Attribute>(attribute: A): A {
  return { ...attribute, secret: true }
}

export function one<const T extends string>(type: T): Relation<T, false, 'write'>
export function one<const T extends string, const A extends Access>(
  type: T,
  access: A,
): Relation<T, false, A>
export function one(type: string, access: Access = 'write'): Relation<string, false> {
  return { type, many: false, access }
}

export function many<const T extends string>(type: T): Relation<T, true, 'write'>
export function many<const T extends string, const A extends Access>(
  type: T,
  access: A,
): Relation<T, true, A>
export function many(type: string, access: Access = 'write'): Relation<string, true> {
  return { type, many: true, access }
}

/** A parameter of the query; named on the wire as here unless told. */
export function parameter<Value>(name: string, kind: Kind<unknown, Value>): QueryParameter<Value> {
  return { name, kind }
}
