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
import type { ReadOf } from './resource-types.ts'

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

/** JSON:API type → definition, to read what `include` brings. */
export const definitionsByType: ReadonlyMap<string, ResourceDefinition> = new Map<
  string,
  ResourceDefinition
>(definitions.map((definition) => [definition.type, definition]))
