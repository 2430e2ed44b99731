import { describe, expect, it } from 'vitest'

import { ScalrClient } from '../../src/client/index.ts'
import { definitionsByType } from '../../src/client/resources-by-type.ts'
import { sendJson, startServer, type TestServer } from '../http/support/test-server.ts'
import { open, prefix, token } from './support.ts'
import { operationsOf, readOpenApi } from './support-openapi.ts'

type Call = (client: ScalrClient) => unknown

/** What each operation of the first-class resources is called here. Every id is `x`. */
const calls: Readonly<Record<string, Call>> = {
  'GET /access-tokens': (c) => c.accessTokens.list().first(),
  'POST /access-tokens': (c) => c.accessTokens.create({}),
  'DELETE /access-tokens/{access_token}': (c) => c.accessTokens.delete('x'),
  'GET /access-tokens/{access_token}': (c) => c.accessTokens.get('x'),
  'PATCH /access-tokens/{access_token}': (c) => c.accessTokens.update('x', {}),
  'GET /agent-pools/{agent_pool}/access-tokens': (c) => c.accessTokens.listForPool('x').first(),
  'POST /agent-pools/{agent_pool}/access-tokens': (c) => c.accessTokens.createForPool('x'),
  'GET /service-accounts/{service_account}/access-tokens': (c) =>
    c.accessTokens.listForServiceAccount('x').first(),
  'POST /service-accounts/{service_account}/access-tokens': (c) =>
    c.accessTokens.createForServiceAccount('x'),
  'GET /accounts': (c) => c.accounts.list().first(),
  'GET /accounts/{account}': (c) => c.accounts.get('x'),
  'PATCH /accounts/{account}': (c) => c.accounts.update('x', {}),
  'GET /accounts/{account}/relationships/sso-bypass-users': (c) =>
    c.accounts.ssoBypassUsers.list('x').first(),
  'POST /accounts/{account}/relationships/sso-bypass-users': (c) =>
    c.accounts.ssoBypassUsers.add('x', []),
  'PATCH /accounts/{account}/relationships/sso-bypass-users': (c) =>
    c.accounts.ssoBypassUsers.replace('x', []),
  'DELETE /accounts/{account}/relationships/sso-bypass-users': (c) =>
    c.accounts.ssoBypassUsers.remove('x', []),
  'GET /agent-pools': (c) => c.agentPools.list().first(),
  'POST /agent-pools': (c) => c.agentPools.create({ name: 'a' }),
  'DELETE /agent-pools/{agent_pool}': (c) => c.agentPools.delete('x'),
  'GET /agent-pools/{agent_pool}': (c) => c.agentPools.get('x'),
  'PATCH /agent-pools/{agent_pool}': (c) => c.agentPools.update('x', {}),
  'GET /agents': (c) => c.agents.list().first(),
  'DELETE /agents/{agent}': (c) => c.agents.delete('x'),
  'GET /agents/{agent}': (c) => c.agents.get('x'),
  'GET /applies/{apply}': (c) => c.applies.get('x'),
  'GET /applies/{apply}/output': (c) => c.applies.output('x'),
  'GET /configuration-versions': (c) => c.configurationVersions.list().first(),
  'POST /configuration-versions': (c) => c.configurationVersions.create({ workspaceId: 'x' }),
  'GET /configuration-versions/{configuration_version}': (c) => c.configurationVersions.get('x'),
  'GET /configuration-versions/{configuration_version}/download': (c) =>
    c.configurationVersions.download('x'),
  'GET /environments': (c) => c.environments.list().first(),
  'POST /environments': (c) => c.environments.create({ name: 'a' }),
  'DELETE /environments/{environment}': (c) => c.environments.delete('x'),
  'GET /environments/{environment}': (c) => c.environments.get('x'),
  'PATCH /environments/{environment}': (c) => c.environments.update('x', {}),
  'POST /environments/{environment}/actions/favorite': (c) => c.environments.favorite('x'),
  'POST /environments/{environment}/actions/lock': (c) => c.environments.lock('x'),
  'POST /environments/{environment}/actions/unfavorite': (c) => c.environments.unfavorite('x'),
  'POST /environments/{environment}/actions/unlock': (c) => c.environments.unlock('x'),
  'GET /environments/{environment}/relationships/federated-environments': (c) =>
    c.environments.federatedEnvironments.list('x').first(),
  'POST /environments/{environment}/relationships/federated-environments': (c) =>
    c.environments.federatedEnvironments.add('x', []),
  'PATCH /environments/{environment}/relationships/federated-environments': (c) =>
    c.environments.federatedEnvironments.replace('x', []),
  'DELETE /environments/{environment}/relationships/federated-environments': (c) =>
    c.environments.federatedEnvironments.remove('x', []),
  'GET /environments/{environment}/relationships/tags': (c) =>
    c.environments.tags.list('x').first(),
  'POST /environments/{environment}/relationships/tags': (c) => c.environments.tags.add('x', []),
  'PATCH /environments/{environment}/relationships/tags': (c) =>
    c.environments.tags.replace('x', []),
  'DELETE /environments/{environment}/relationships/tags': (c) =>
    c.environments.tags.remove('x', []),
  'GET /hook-environment-links': (c) => c.hookEnvironmentLinks.list().first(),
  'POST /hook-environment-links': (c) =>
    c.hookEnvironmentLinks.create({ hookId: 'x', environmentId: 'x', events: [] }),
  'DELETE /hook-environment-links/{hook_environment_link}': (c) =>
    c.hookEnvironmentLinks.delete('x'),
  'GET /hook-environment-links/{hook_environment_link}': (c) => c.hookEnvironmentLinks.get('x'),
  'PATCH /hook-environment-links/{hook_environment_link}': (c) =>
    c.hookEnvironmentLinks.update('x', {}),
  'GET /hooks': (c) => c.hooks.list().first(),
  'POST /hooks': (c) => c.hooks.create({ name: 'a', interpreter: 'sh', scriptfilePath: 'a' }),
  'DELETE /hooks/{hook}': (c) => c.hooks.delete('x'),
  'GET /hooks/{hook}': (c) => c.hooks.get('x'),
  'PATCH /hooks/{hook}': (c) => c.hooks.update('x', {}),
  'POST /hooks/{hook}/actions/resync': (c) => c.hooks.resync('x'),
  'GET /plans/{plan}': (c) => c.plans.get('x'),
  'GET /plans/{plan}/json-output': (c) => c.plans.jsonOutput('x'),
  'GET /plans/{plan}/output': (c) => c.plans.output('x'),
  'GET /plans/{plan}/sanitized-json-output': (c) => c.plans.sanitizedJsonOutput('x'),
  'GET /runs': (c) => c.runs.list().first(),
  'POST /runs': (c) => c.runs.create({ workspaceId: 'x' }),
  'GET /runs-queue': (c) => c.runs.queue().first(),
  'GET /runs/{run}': (c) => c.runs.get('x'),
  'POST /runs/{run}/actions/apply': (c) => c.runs.confirm('x'),
  'POST /runs/{run}/actions/cancel': (c) => c.runs.cancel('x'),
  'POST /runs/{run}/actions/discard': (c) => c.runs.discard('x'),
  'POST /runs/{run}/actions/force': (c) => c.runs.force('x'),
  'GET /runs/{run}/policy-checks': (c) => c.policyChecks.ofRun('x').first(),
  'GET /runs/{run}/policy-input': (c) => c.policyChecks.inputOf('x'),
  'GET /service-accounts': (c) => c.serviceAccounts.list().first(),
  'POST /service-accounts': (c) => c.serviceAccounts.create({ name: 'a', accountId: 'x' }),
  'POST /service-accounts/assume': (c) =>
    c.serviceAccounts.assume({ serviceAccountEmail: 'a', idToken: 'b' }),
  'DELETE /service-accounts/{service_account}': (c) => c.serviceAccounts.delete('x'),
  'GET /service-accounts/{service_account}': (c) => c.serviceAccounts.get('x'),
  'PATCH /service-accounts/{service_account}': (c) => c.serviceAccounts.update('x', {}),
  'GET /state-versions': (c) => c.stateVersions.list().first(),
  'POST /state-versions': (c) => c.stateVersions.create({ workspaceId: 'x' }),
  'GET /state-versions/{state_version}': (c) => c.stateVersions.get('x'),
  'GET /state-versions/{state_version}/download': (c) => c.stateVersions.download('x'),
  'GET /tags': (c) => c.tags.list().first(),
  'POST /tags': (c) => c.tags.create({ name: 'a' }),
  'DELETE /tags/{tag}': (c) => c.tags.delete('x'),
  'GET /tags/{tag}': (c) => c.tags.get('x'),
  'PATCH /tags/{tag}': (c) => c.tags.update('x', {}),
  'GET /vars': (c) => c.variables.list().first(),
  'POST /vars': (c) => c.variables.create({ key: 'a', category: 'env' }),
  'DELETE /vars/{var}': (c) => c.variables.delete('x'),
  'GET /vars/{var}': (c) => c.variables.get('x'),
  'PATCH /vars/{var}': (c) => c.variables.update('x', {}),
  'GET /vcs-providers': (c) => c.vcsProviders.list().first(),
  'POST /vcs-providers': (c) =>
    c.vcsProviders.create({ name: 'a', vcsType: 'github', authType: 'oauth2' }),
  'DELETE /vcs-providers/{vcs_provider}': (c) => c.vcsProviders.delete('x'),
  'GET /vcs-providers/{vcs_provider}': (c) => c.vcsProviders.get('x'),
  'PATCH /vcs-providers/{vcs_provider}': (c) => c.vcsProviders.update('x', {}),
  'GET /workspaces': (c) => c.workspaces.list().first(),
  'POST /workspaces': (c) => c.workspaces.create({ name: 'a', environmentId: 'x' }),
  'DELETE /workspaces/{workspace}': (c) => c.workspaces.delete('x'),
  'GET /workspaces/{workspace}': (c) => c.workspaces.get('x'),
  'PATCH /workspaces/{workspace}': (c) => c.workspaces.update('x', {}),
  'POST /workspaces/{workspace}/actions/favorite': (c) => c.workspaces.favorite('x'),
  'POST /workspaces/{workspace}/actions/lock': (c) => c.workspaces.lock('x'),
  'POST /workspaces/{workspace}/actions/resync': (c) => c.workspaces.resync('x'),
  'POST /workspaces/{workspace}/actions/set-schedule': (c) => c.workspaces.setSchedule('x', {}),
  'POST /workspaces/{workspace}/actions/unfavorite': (c) => c.workspaces.unfavorite('x'),
  'POST /workspaces/{workspace}/actions/unlock': (c) => c.workspaces.unlock('x'),
  'GET /workspaces/{workspace}/current-state-version': (c) => c.workspaces.currentStateVersion('x'),
  'GET /workspaces/{workspace}/outputs': (c) => c.workspaces.outputs('x'),
  'GET /workspaces/{workspace}/relationships/remote-state-consumers': (c) =>
    c.workspaces.remoteStateConsumers.list('x').first(),
  'POST /workspaces/{workspace}/relationships/remote-state-consumers': (c) =>
    c.workspaces.remoteStateConsumers.add('x', []),
  'PATCH /workspaces/{workspace}/relationships/remote-state-consumers': (c) =>
    c.workspaces.remoteStateConsumers.replace('x', []),
  'DELETE /workspaces/{workspace}/relationships/remote-state-consumers': (c) =>
    c.workspaces.remoteStateConsumers.remove('x', []),
  'GET /workspaces/{workspace}/relationships/tags': (c) => c.workspaces.tags.list('x').first(),
  'POST /workspaces/{workspace}/relationships/tags': (c) => c.workspaces.tags.add('x', []),
  'PATCH /workspaces/{workspace}/relationships/tags': (c) => c.workspaces.tags.replace('x', []),
  'DELETE /workspaces/{workspace}/relationships/tags': (c) => c.workspaces.tags.remove('x', []),
  'POST /workspaces/{workspace}/ssh-key-links': (c) => c.workspaces.linkSshKey('x', 'x'),
  'DELETE /workspaces/{workspace}/ssh-key-links': (c) => c.workspaces.unlinkSshKey('x'),
}

/** Below the first-class resources, but of others: `client.request()` has them. */
const others = [
  'POST /accounts/{account}/actions/invite',
  'DELETE /accounts/{account}/actions/remove/{user}',
  'GET /accounts/{account}/metrics',
  'POST /service-accounts/{service_account}/assume-policies',
  'DELETE /service-accounts/{service_account}/assume-policies/{assume_service_account_policy}',
  'GET /service-accounts/{service_account}/assume-policies/{assume_service_account_policy}',
  'PATCH /service-accounts/{service_account}/assume-policies/{assume_service_account_policy}',
  'GET /workspaces/{workspace}/provider-configuration-links',
  'POST /workspaces/{workspace}/provider-configuration-links',
]

/** Further resources that have clients, which are not counted here. */
const notFirstClass = ['modules', 'module-versions', 'policies', 'policy-checks', 'policy-groups']

const spec = readOpenApi()
const operations = operationsOf(spec)

/** A server that knows nothing, and keeps what it was asked. */
async function setUp(): Promise<{ readonly server: TestServer; readonly client: ScalrClient }> {
  const server = await startServer((_request, response) =>
    sendJson(response, 404, { errors: [{ title: 'No' }] }),
  )
  open.push(server)
  const client = new ScalrClient({ url: server.url, token })
  open.push(client)
  return { server, client }
}

/** `METHOD /path content-type` of what was sent. */
function sentOf(server: TestServer): readonly string[] {
  return server.received.map(({ method, url, headers }) => {
    const path = url.replace(/\?.*$/u, '').replace(prefix, '')
    return `${method} ${path} ${headers['content-type'] ?? '-'}`
  })
}

/** The same as the document has it. */
function wanted(name: string): string {
  const types = Object.keys(operations.get(name)?.requestBody?.content ?? {})
  return `${name.replaceAll(/\{\w+\}/gu, 'x')} ${types[0] ?? '-'}`
}

describe.skipIf(spec === undefined)('operations of the API’s OpenAPI document', () => {
  it('of the first-class resources have calls, each with its method, path and type of body', async () => {
    const { server, client } = await setUp()
    for (const call of Object.values(calls)) {
      await expect(call(client)).rejects.toMatchObject({ name: 'ApiError', status: 404 })
    }
    expect(sentOf(server)).toEqual(Object.keys(calls).map((name) => wanted(name)))
  })

  it('of the first-class resources are all there', () => {
    const roots = [...definitionsByType.values()]
      .filter(({ type }) => !notFirstClass.includes(type))
      .map(({ path }) => path)
    const firstClass = [...operations.keys()].filter((name) => {
      const [, root = ''] = / (\/[^/]+)/u.exec(name) ?? []
      return roots.includes(root) || root === '/runs-queue'
    })
    expect([...Object.keys(calls), ...others].toSorted()).toEqual(firstClass.toSorted())
  })

  it('can all be sent by client.request()', async () => {
    const { server, client } = await setUp()
    // Names and bodies are typed; here they come from the document.
    const request = client.request.bind(client) as (name: string, options: object) => unknown
    for (const [name, { requestBody }] of operations) {
      const path = Object.fromEntries(
        [...name.matchAll(/\{(\w+)\}/gu)].map(([, key = '']) => [key, 'x']),
      )
      const body = requestBody === undefined ? {} : { body: { data: {} } }
      await expect(request(name, { path, ...body })).rejects.toMatchObject({ status: 404 })
    }
    expect(operations.size).toBeGreaterThan(300)
    expect(sentOf(server)).toEqual([...operations.keys()].map((name) => wanted(name)))
  })
})
