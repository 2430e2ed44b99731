// What the pages on the embedded control plane show, word for word: each region is one sample, compiled, and
// run against it.
import type { ScalrClient } from '@scalr-agent/core'

export async function registryHook(
  client: ScalrClient,
  environmentId: string,
  archive: Uint8Array,
): Promise<void> {
  // #region hook
  const hook = await client.hooks.create({
    name: 'checks',
    interpreter: 'bash',
    scriptfilePath: 'check.sh',
  })
  await client.hooks.upload(hook, archive) // tar.gz that holds check.sh
  await client.hookEnvironmentLinks.create({ hookId: hook.id, environmentId, events: ['pre-plan'] })
  // #endregion
}

export async function serverlessPool(client: ScalrClient, secret: string): Promise<unknown> {
  // #region serverless-pool
  const pool = await client.agentPools.create({
    name: 'serverless',
    webhookEnabled: true,
    webhookUrl: 'https://launcher.example.com/',
    webhookHeaders: [{ name: 'X-Launch-Secret', value: secret, sensitive: true }],
  })
  // #endregion
  return pool.webhookHeaders
}

export async function unlockState(client: ScalrClient, workspaceId: string): Promise<void> {
  // #region unlock-state
  const { agentStateLock } = await client.workspaces.get(workspaceId)
  if (agentStateLock?.id) await client.workspaces.unlockState(workspaceId, agentStateLock.id)
  // #endregion
}

export async function policyGroup(
  client: ScalrClient,
  environmentId: string,
  archive: Uint8Array,
): Promise<void> {
  // #region policy-group
  const group = await client.policyGroups.create({ name: 'guardrails' })
  await client.policyGroups.upload(group, archive) // a tar.gz of the folder
  await client.policyGroups.link(group.id, [environmentId]) // or create it with isEnforced: true
  // #endregion
}

export async function vcsWorkspace(client: ScalrClient, environmentId: string): Promise<string> {
  // #region vcs-workspace
  const pool = await client.agentPools.create({ name: 'vcs', vcsEnabled: true })
  const provider = await client.vcsProviders.create({
    name: 'ghe',
    vcsType: 'github_enterprise', // gitlab_enterprise, gitlab; gitea is our own
    authType: 'personal_token',
    url: 'https://ghe.example.com', // with its path, if it has one
    agentPoolId: pool.id,
  })
  const workspace = await client.workspaces.create({
    name: 'network',
    environmentId,
    vcsProviderId: provider.id,
    vcsRepo: { identifier: 'acme/infra', branch: 'main', triggerPrefixes: ['network'] },
    workingDirectory: 'network',
  })
  // #endregion
  return workspace.vcsProviderId ?? ''
}

export async function vcsModule(
  client: ScalrClient,
  provider: { readonly id: string },
): Promise<string | null> {
  // #region vcs-module
  const module = await client.modules.create({
    vcsProviderId: provider.id,
    vcsRepo: { identifier: 'acme/terraform-aws-network' }, // name and provider follow, or are given
  })
  // #endregion
  return module.name
}
