import type { Resource } from '../json-api/index.ts'

/** `get_agent_pool` → `Get Agent Pool`. */
export function summaryOf(operationId: string): string {
  return operationId.split('_').map(capitalized).join(' ')
}

/** `get_agent_pool` → `AgentPool`: the resource among the document's components. */
export function schemaNameOf({ operations }: Resource): string {
  return operations.get.split('_').slice(1).map(capitalized).join('')
}

/** `policy-groups` → `policy_group`: its id in paths. */
export function idParameterOf({ type }: Resource): string {
  return type.replace(/ies$/u, 'y').replace(/s$/u, '').replaceAll('-', '_')
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
