import type { Environment, ScalrClient, Workspace } from '@scalr-agent/core'

import type { Iac } from './find-tool.ts'

/** What the demo works with; made on the first run and found again on the next. */
export interface DemoWorkspace {
  readonly workspace: Workspace
  readonly poolToken: string
  readonly environment: Environment
}

const names = { pool: 'quickstart', environment: 'quickstart', workspace: 'greetings' } as const

/** A stand-in for a real secret: the log must never show it. */
export const demoApiKey = 'quickstart-key-3f9a7c51'

/** Pool, token, environment, workspace and variables, through the typed client. */
export async function setUpWorkspace(
  client: ScalrClient,
  options: { readonly accountId: string; readonly iac: Iac; readonly signal: AbortSignal },
): Promise<DemoWorkspace> {
  const { accountId, iac, signal } = options
  const pool =
    (await client.agentPools.list({ filter: { name: names.pool }, signal }).first()) ??
    (await client.agentPools.create({ name: names.pool }, { signal }))
  const poolToken = await client.accessTokens.createForPool(
    pool.id,
    { description: 'Made by the quickstart', expiresIn: 24 * 60 },
    { signal },
  )
  if (poolToken.token === null || poolToken.token === undefined) {
    throw new Error('The control plane created an access token without telling it.')
  }
  const environment =
    (await client.environments.list({ filter: { name: names.environment }, signal }).first()) ??
    (await client.environments.create({ name: names.environment, accountId }, { signal }))
  const found = await client.workspaces
    .list({ filter: { environment: environment.id, name: names.workspace }, signal })
    .first()
  const fields = { iacPlatform: iac, agentPoolId: pool.id, autoQueueRuns: 'never' } as const
  const workspace =
    found === undefined
      ? await client.workspaces.create(
          { ...fields, name: names.workspace, environmentId: environment.id },
          { signal },
        )
      : await client.workspaces.update(found.id, fields, { signal })
  await setVariable(client, workspace.id, { key: 'greeting', value: 'Hello' }, signal)
  await setVariable(
    client,
    workspace.id,
    { key: 'recipients', value: '["platform team", "world"]', hcl: true },
    signal,
  )
  await setVariable(
    client,
    workspace.id,
    { key: 'api_key', value: demoApiKey, sensitive: true },
    signal,
  )
  return { workspace, poolToken: poolToken.token, environment }
}

export interface VariableValue {
  readonly key: string
  readonly value: string
  readonly hcl?: boolean
  readonly sensitive?: boolean
}

/** Creates a Terraform variable of the workspace, or changes its value. */
export async function setVariable(
  client: ScalrClient,
  workspaceId: string,
  variable: VariableValue,
  signal: AbortSignal,
): Promise<void> {
  const found = await client.variables
    .list({ filter: { workspace: workspaceId, key: variable.key }, signal })
    .first()
  if (found === undefined) {
    await client.variables.create({ ...variable, category: 'terraform', workspaceId }, { signal })
  } else {
    await client.variables.update(found.id, { value: variable.value }, { signal })
  }
}
