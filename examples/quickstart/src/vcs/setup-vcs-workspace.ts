import type { ScalrClient, Workspace } from '@scalr-agent/core'

import type { Iac } from '../find-tool.ts'

export interface VcsDemoPools {
  /** Token of the pool of VCS agents. */
  readonly vcsToken: string
  readonly vcsPoolId: string
  /** Token of the pool of run agents. */
  readonly runToken: string
  readonly runPoolId: string
}

interface SetupOptions {
  readonly accountId: string
  readonly signal: AbortSignal
}

/** One pool for the agent beside the git server, one for the agent that plans and applies. */
export async function makePools(
  client: ScalrClient,
  { signal }: SetupOptions,
): Promise<VcsDemoPools> {
  const vcsPool = await client.agentPools.create(
    { name: 'private-git', vcsEnabled: true },
    { signal },
  )
  const runPool = await client.agentPools.create({ name: 'runs' }, { signal })
  const tokenOf = async (poolId: string): Promise<string> => {
    const { token } = await client.accessTokens.createForPool(poolId, {}, { signal })
    if (token === null || token === undefined) {
      throw new Error('The control plane created an access token without telling it.')
    }
    return token
  }
  return {
    vcsPoolId: vcsPool.id,
    vcsToken: await tokenOf(vcsPool.id),
    runPoolId: runPool.id,
    runToken: await tokenOf(runPool.id),
  }
}

/** A VCS provider that stands for the git server, and a workspace bound to a folder of a repository. */
export async function makeVcsWorkspace(
  client: ScalrClient,
  options: SetupOptions & {
    readonly pools: VcsDemoPools
    readonly iac: Iac
    readonly repository: string
    readonly path: string
  },
): Promise<Workspace> {
  const { accountId, pools, iac, repository, path, signal } = options
  const provider = await client.request('POST /vcs-providers', {
    body: {
      data: {
        type: 'vcs-providers',
        attributes: {
          name: 'private-git',
          'vcs-type': 'github_enterprise',
          'auth-type': 'personal_token',
          // A name that exists nowhere: the agent alone knows where the server is.
          url: 'https://git.corp.invalid',
        },
        relationships: {
          account: { data: { type: 'accounts', id: accountId } },
          'agent-pool': { data: { type: 'agent-pools', id: pools.vcsPoolId } },
        },
      },
    },
    signal,
  })
  const environment = await client.environments.create({ name: 'platform', accountId }, { signal })
  return await client.workspaces.create(
    {
      name: 'services',
      environmentId: environment.id,
      agentPoolId: pools.runPoolId,
      vcsProviderId: provider.data?.id ?? '',
      vcsRepo: { identifier: repository, branch: 'main', path },
      iacPlatform: iac,
      autoApply: true,
    },
    { signal },
  )
}
