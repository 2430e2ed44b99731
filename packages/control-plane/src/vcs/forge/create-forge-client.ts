import type { RelayGateway } from '@scalr-agent/vcs-relay/gateway'

import type { VcsProviderRow } from '../../store/index.ts'

import type { ForgeClient } from './forge-client.ts'
import { ForgeHttp } from './forge-http.ts'
import { forgeKinds, isForgeKind, type ForgeKind } from './forge-kinds.ts'
import { GiteaClient } from './gitea-client.ts'
import { GithubClient } from './github-client.ts'
import { GitlabClient } from './gitlab-client.ts'

const clients: Readonly<Record<ForgeKind['api'], new (http: ForgeHttp) => ForgeClient>> = {
  github: GithubClient,
  gitlab: GitlabClient,
  gitea: GiteaClient,
}

export type ForgeGateway = Pick<RelayGateway, 'request' | 'served'>

/** The client of a provider's forge. */
export function createForgeClient(gateway: ForgeGateway, provider: VcsProviderRow): ForgeClient {
  if (!isForgeKind(provider.vcs_type)) {
    throw new TypeError(`The VCS provider ${provider.id} is of unknown type ${provider.vcs_type}`)
  }
  const kind = forgeKinds[provider.vcs_type]
  const http = new ForgeHttp({
    gateway,
    poolId: provider.agent_pool_id,
    vcsName: () => vcsNameOf(gateway, provider),
    url: provider.url,
    label: kind.label,
    accept: kind.accept,
  })
  return new clients[kind.api](http)
}

/** What the agents call the VCS: as the provider says, else its own name, else the only one they serve. */
export function vcsNameOf(gateway: Pick<ForgeGateway, 'served'>, provider: VcsProviderRow): string {
  if (provider.vcs_name !== null) return provider.vcs_name
  const served = gateway.served(provider.agent_pool_id)
  const [only] = served
  return served.length === 1 && only !== undefined ? only : provider.name
}
