import {
  accessTokenDefinition,
  accountDefinition,
  agentDefinition,
  agentPoolDefinition,
  applyDefinition,
  configurationVersionDefinition,
  environmentDefinition,
  hookDefinition,
  hookEnvironmentLinkDefinition,
  moduleDefinition,
  moduleVersionDefinition,
  planDefinition,
  policyCheckDefinition,
  policyDefinition,
  policyGroupDefinition,
  runDefinition,
  serviceAccountDefinition,
  stateVersionDefinition,
  tagDefinition,
  variableDefinition,
  vcsProviderDefinition,
  workspaceDefinition,
} from './definitions/index.ts'
import type { ResourceDefinition } from './resource-definition.ts'
import type { FieldOf, IncludeOf, ReadOf, Resolved, SparseOf } from './resource-types.ts'

/** Every resource that has a definition. A new one is added here and in `definitions/`. */
const definitions = [
  accessTokenDefinition,
  accountDefinition,
  agentDefinition,
  agentPoolDefinition,
  applyDefinition,
  configurationVersionDefinition,
  environmentDefinition,
  hookDefinition,
  hookEnvironmentLinkDefinition,
  moduleDefinition,
  moduleVersionDefinition,
  planDefinition,
  policyCheckDefinition,
  policyDefinition,
  policyGroupDefinition,
  runDefinition,
  serviceAccountDefinition,
  stateVersionDefinition,
  tagDefinition,
  variableDefinition,
  vcsProviderDefinition,
  workspaceDefinition,
] as const

type Definition = (typeof definitions)[number]

/** JSON:API type → what it is read as. */
export type ResourcesByType = {
  readonly [D in Definition as D['type']]: ReadOf<D>
}

type DefinitionOf<T> = Extract<Definition, { readonly type: T }>

/** Types of which a call takes `fields`. */
type SparseType<D extends ResourceDefinition, O> = D extends {
  readonly sparse: { readonly on: readonly (infer On)[]; readonly types: readonly (infer T)[] }
}
  ? O extends On
    ? T & string
    : never
  : never

/** The only fields to fetch, by JSON:API type: names as they are read, of other resources as on the wire. */
export type FieldsOption<D extends ResourceDefinition, O = 'list' | 'get'> = {
  readonly [T in SparseType<D, O>]?: T extends Definition['type']
    ? readonly FieldOf<DefinitionOf<T>>[]
    : readonly string[]
}

/** No more types than those. */
export type Exactly<F, D extends ResourceDefinition, O> = F & {
  readonly [T in Exclude<keyof F, SparseType<D, O>>]: never
}

type Chosen<F, T> = T extends keyof F
  ? NonNullable<F[T]> extends readonly (infer Name)[]
    ? Name
    : never
  : never

type SparseByType<F> = {
  readonly [T in keyof ResourcesByType]: T extends keyof F
    ? SparseOf<DefinitionOf<T>, Chosen<F, T>>
    : ResourcesByType[T]
}

/** A resource with the fields that were asked for, and what `include` brought. */
export type WithIncluded<
  D extends ResourceDefinition,
  I extends IncludeOf<D>,
  F,
> = (D['type'] extends keyof F ? SparseOf<D, Chosen<F, D['type']>> : ReadOf<D>) &
  Resolved<D, I, SparseByType<F>>

/** JSON:API type → definition, to read what `include` brings. */
export const definitionsByType: ReadonlyMap<string, ResourceDefinition> = new Map<
  string,
  ResourceDefinition
>(definitions.map((definition) => [definition.type, definition]))
