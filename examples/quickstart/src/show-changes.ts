import type { ScalrClient } from '@scalr-agent/core'

import type { Screen } from './screen.ts'

interface ResourceChange {
  readonly address: string
  readonly actions: readonly string[]
}

const signs: Readonly<Record<string, string>> = {
  create: '+ create',
  update: '~ change',
  delete: '- destroy',
  'delete,create': '± replace',
  'create,delete': '± replace',
}

/** What a plan would change, read from its JSON. */
export async function showChanges(
  client: ScalrClient,
  planId: string,
  options: { readonly screen: Screen; readonly signal: AbortSignal },
): Promise<void> {
  const { screen, signal } = options
  const plan = await client.plans.get(planId, { signal })
  const { resourceAdditions, resourceChanges, resourceDestructions } = plan
  screen.line(
    `What will change: ${resourceAdditions ?? 0} to add, ${resourceChanges ?? 0} to change, ${resourceDestructions ?? 0} to destroy`,
  )
  for (const { address, actions } of readChanges(
    await client.plans.jsonOutput(planId, { signal }),
  )) {
    const sign = signs[actions.join(',')]
    if (sign !== undefined) screen.line(`  ${sign.padEnd(10)} ${address}`)
  }
}

/** Only what is shown; a plan's JSON holds much more, secrets too. */
function readChanges(planJson: unknown): readonly ResourceChange[] {
  const changes: unknown = Object(planJson)['resource_changes']
  if (!Array.isArray(changes)) return []
  return changes.map((entry: unknown) => {
    const address: unknown = Object(entry)['address']
    const actions: unknown = Object(Object(entry)['change'])['actions']
    return {
      address: String(address),
      actions: Array.isArray(actions) ? actions.map(String) : [],
    }
  })
}
