import type { RelayAnswer, RelayRequest } from '@scalr-agent/vcs-relay/gateway'

import type { VcsProviderRow } from '../../src/store/index.ts'
import { createForgeClient, type ForgeClient } from '../../src/vcs/forge/index.ts'

import { json } from './test-forge.ts'

/** A client of a forge that answers as a test says: `METHOD target` → body or answer. */
export function scriptedForge(
  type: 'github_enterprise' | 'gitlab' | 'gitea',
  answers: Readonly<Record<string, unknown>>,
  url = 'https://vcs.example.com',
): { readonly client: ForgeClient; readonly requests: Omit<RelayRequest, 'id'>[] } {
  const requests: Omit<RelayRequest, 'id'>[] = []
  const provider: VcsProviderRow = {
    id: 'vcs-1',
    account_id: 'acc-1',
    name: 'vcs',
    vcs_type: type,
    url,
    agent_pool_id: 'apool-1',
    vcs_name: 'vcs',
    draft_pr_runs: 0,
    webhook_secret: null,
    error_message: null,
  }
  const gateway = {
    served: () => ['vcs'],
    request: async (_poolId: string, request: Omit<RelayRequest, 'id'>) => {
      requests.push(request)
      const found = answers[`${request.method} ${request.target}`]
      if (found === undefined) return json(404, { message: 'Not Found' })
      return isAnswer(found) ? found : json(200, found)
    },
  }
  return { client: createForgeClient(gateway, provider), requests }
}

function isAnswer(value: unknown): value is RelayAnswer {
  return typeof value === 'object' && value !== null && 'origin' in value && 'headers' in value
}
