import type { FastifyInstance, FastifyRequest } from 'fastify'

import { bearerToken } from '../tokens/index.ts'

import {
  createErrorHandler,
  jsonApiType,
  PublicApiError,
  publicApiPath,
  Reader,
  sendErrors,
} from './json-api/index.ts'
import { setUser, type PublicApi, type PublicApiDeps } from './public-api.ts'
import {
  accessTokens,
  accounts,
  agentPools,
  agents,
  applies,
  configurationVersions,
  environments,
  hookEnvironmentLinks,
  hooks,
  moduleVersions,
  modules,
  plans,
  policies,
  policyChecks,
  policyGroups,
  runs,
  stateVersions,
  users,
  variables,
  vcsProviders,
  vcsRevisions,
  workspaces,
} from './resources/index.ts'
import { registerAccessTokens } from './routes/access-tokens.ts'
import { registerAgentPools } from './routes/agent-pools.ts'
import { registerAgents } from './routes/agents.ts'
import { registerConfigurationVersions } from './routes/configuration-versions.ts'
import { registerEnvironments } from './routes/environments.ts'
import { registerHookEnvironmentLinks } from './routes/hook-environment-links.ts'
import { registerHooks } from './routes/hooks.ts'
import { registerModules } from './routes/modules.ts'
import { registerPhases } from './routes/phases.ts'
import { registerPolicyChecks } from './routes/policy-checks.ts'
import { registerPolicyGroups } from './routes/policy-groups.ts'
import { registerRead, registerReads } from './routes/read-routes.ts'
import { registerRuns } from './routes/runs.ts'
import { registerStateVersions } from './routes/state-versions.ts'
import { registerVariables } from './routes/variables.ts'
import { registerVcsProviders } from './routes/vcs-providers.ts'
import { registerWorkspaces } from './routes/workspaces.ts'

const resources = [
  accessTokens,
  accounts,
  agentPools,
  agents,
  applies,
  configurationVersions,
  environments,
  hookEnvironmentLinks,
  hooks,
  moduleVersions,
  modules,
  plans,
  policies,
  policyChecks,
  policyGroups,
  runs,
  stateVersions,
  users,
  variables,
  vcsProviders,
  vcsRevisions,
  workspaces,
] as const

const routes: readonly ((api: PublicApi) => void)[] = [
  (api) => registerReads(api, accounts),
  (api) => registerReads(api, users),
  (api) => registerRead(api, vcsRevisions),
  registerVcsProviders,
  registerModules,
  registerEnvironments,
  registerWorkspaces,
  registerAgentPools,
  registerAccessTokens,
  registerAgents,
  registerVariables,
  registerHooks,
  registerHookEnvironmentLinks,
  registerConfigurationVersions,
  registerRuns,
  registerPhases,
  registerPolicyGroups,
  registerPolicyChecks,
  registerStateVersions,
]

/** Serves the part of Scalr's public API that runs need, below `/api/iacp/v3`. */
export function registerPublicApi(server: FastifyInstance, deps: PublicApiDeps): void {
  void server.register(
    (app, _options, done) => {
      app.setErrorHandler(createErrorHandler(deps.logger))
      app.setNotFoundHandler((request, reply) =>
        sendErrors(reply, 404, [
          { title: `${request.method} ${request.url.split('?')[0] ?? ''} is not served here.` },
        ]),
      )
      acceptJson(app)
      app.addHook('onRequest', (request) => authenticate(request, deps))
      const reader = new Reader(
        deps.db,
        { engine: deps.engine, publicUrl: deps.publicUrl, now: () => deps.clock.now() },
        resources,
      )
      const api: PublicApi = { ...deps, app, reader }
      for (const register of routes) register(api)
      done()
    },
    { prefix: publicApiPath },
  )
}

/** Clients send either type, and some send one with an empty body. */
function acceptJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser(
    ['application/json', jsonApiType],
    { parseAs: 'string' },
    (request, body: string, done) => {
      if (body === '') done(null, undefined)
      else void parse(request, body, done)
    },
  )
}

async function authenticate(request: FastifyRequest, deps: PublicApiDeps): Promise<void> {
  const token = await deps.tokens.verify(bearerToken(request.headers.authorization))
  // The narrower tokens are good, but for other paths: Scalr answers 404 to what is not permitted.
  if (token.kind !== 'user') {
    throw new PublicApiError(404, {
      title: 'Object not found or user unauthorized.',
      detail: `A ${token.kind} token does not open the public API; use a user token.`,
    })
  }
  setUser(request, { userId: token.userId, accountId: token.accountId })
}
