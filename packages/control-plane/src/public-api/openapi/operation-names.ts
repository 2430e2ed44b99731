import type { Resource } from '../json-api/index.ts'

/** `get_agent_pool` → `Get Agent Pool`. */
export function summaryOf(operationId: string): string {
  return operationId.split('_').map(capitalized).join(' ')
}

/** `get_agent_pool` → `AgentPool`: the resource among the document's components. */
export function schemaNameOf({ operations }: Resource): string {
  return operations.get.split('_').slice(1).map(capitalized).join('')
}

/** `get_agent_pool` → `agent_pool`: its id in paths. */
export function idParameterOf({ operations }: Resource): string {
  return operations.get.split('_').slice(1).join('_')
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
