import type {
  Attribute,
  QueryParameter,
  Relation,
  ResourceDefinition,
} from './resource-definition.ts'

type Attributes<D extends ResourceDefinition> = D['attributes']
type Relations<D extends ResourceDefinition> = D['relations']

type IdField<Name extends string, Many extends boolean> = Many extends true
  ? Name extends `${infer Singular}s`
    ? `${Singular}Ids`
    : `${Name}Ids`
  : `${Name}Id`

type IdFieldOf<Name, R> =
  R extends Relation<string, infer Many extends boolean> ? IdField<Name & string, Many> : never

/** As it is read: `null` stands for unset and for left out. */
type ReadValue<A> =
  A extends Attribute<infer Value, unknown, infer Access>
    ? Access extends 'required' | 'always'
      ? Value
      : Value | null
    : never

type ReadId<R> = R extends { readonly many: true }
  ? readonly string[]
  : R extends { readonly access: 'required' | 'always' }
    ? string
    : string | null

type Flatten<T> = { readonly [K in keyof T]: T[K] }

/** What `fields` can choose from: attributes and ids of relations. */
type Choosable<D extends ResourceDefinition> = {
  readonly [K in keyof Attributes<D>]: ReadValue<Attributes<D>[K]>
} & {
  readonly [K in keyof Relations<D> as IdFieldOf<K, Relations<D>[K]>]: ReadId<Relations<D>[K]>
}

/** There whatever `fields` says. */
type Standing<D extends ResourceDefinition> = { readonly id: string } & {
  readonly [K in keyof D['links']]: string | null
}

/** A resource as a plain object: attributes in camelCase, relations by id. */
export type ReadOf<D extends ResourceDefinition> = Flatten<Standing<D> & Choosable<D>>

/** Names that `fields` takes for a resource. */
export type FieldOf<D extends ResourceDefinition> = keyof Choosable<D> & string

/** A resource of which only these fields were asked for. */
export type SparseOf<D extends ResourceDefinition, F> = Flatten<
  Standing<D> & Pick<Choosable<D>, F & keyof Choosable<D>>
>

type Input<A> = A extends Attribute<unknown, infer I> ? I : never

type KeysWith<T, Access extends string> = {
  [K in keyof T]: T[K] extends { readonly access: Access } ? K : never
}[keyof T]

type InputId<R> = R extends { readonly many: true } ? readonly string[] : string

/** Of a relation that may be unset `null` is taken as well. */
type ClearableId<R> = R extends { readonly access: 'required' } ? InputId<R> : InputId<R> | null

/** Writable and not required: absent leaves it as it is, and where it may be unset, `null` clears it. */
type OptionalInputs<D extends ResourceDefinition, Access extends string> = {
  readonly [K in KeysWith<Attributes<D>, Access>]?: Input<Attributes<D>[K]> | undefined
} & {
  readonly [K in KeysWith<Relations<D>, Access> as IdFieldOf<K, Relations<D>[K]>]?:
    | ClearableId<Relations<D>[K]>
    | undefined
}

/** What `create` takes. */
export type CreateOf<D extends ResourceDefinition> = Flatten<
  {
    readonly [K in KeysWith<Attributes<D>, 'required'>]: Input<Attributes<D>[K]>
  } & {
    readonly [K in KeysWith<Relations<D>, 'required'> as IdFieldOf<K, Relations<D>[K]>]: InputId<
      Relations<D>[K]
    >
  } & OptionalInputs<D, 'write'>
>

/** What `update` takes: absent leaves a field as it is, `null` clears it. */
export type UpdateOf<D extends ResourceDefinition> = Flatten<
  OptionalInputs<D, 'write' | 'required'>
>

/** A resource that has no definition here. */
export interface OtherResource {
  readonly id: string
  readonly type: string
  /** Names as on the wire. */
  readonly attributes: Readonly<Record<string, unknown>>
}

export type IncludeOf<D extends ResourceDefinition> = D['include'][number] & keyof Relations<D>

/** What `include` adds: the related resources under the names of their relations. */
export type Resolved<D extends ResourceDefinition, I extends IncludeOf<D>, ByType> = {
  readonly [K in I]: Relations<D>[K] extends Relation<infer T, infer Many>
    ? Many extends true
      ? readonly Target<T, ByType>[]
      : Target<T, ByType> | null
    : never
}

type Target<T extends string, ByType> = T extends keyof ByType ? ByType[T] : OtherResource

type ParametersOf<D extends ResourceDefinition, O> = D['parameters'] extends infer P
  ? O extends keyof P
    ? P[O]
    : unknown
  : unknown

/** Parameters of the query that one call of this resource has. */
export type ParameterOptions<D extends ResourceDefinition, O> = {
  readonly [K in keyof ParametersOf<D, O>]?: ParametersOf<D, O>[K] extends QueryParameter<
    infer Value
  >
    ? Value | undefined
    : never
}

type Scalar<T> = T extends readonly (infer Item)[] ? Item : T extends object | null ? never : T

/** A value of a filter: of the attribute of that name where there is one, else an id or a word. */
export type FilterInput<D extends ResourceDefinition, Name> = Name extends keyof Attributes<D>
  ? Scalar<Input<Attributes<D>[Name]>>
  : string | number | boolean
