import type { FastifyInstance } from 'fastify'
import { z } from 'zod'

import { authenticate } from './authenticate.ts'
import {
  createErrorHandler,
  jsonApiType,
  publicApiPath,
  Reader,
  sendErrors,
  type Resource,
} from './json-api/index.ts'
import { checkQuery, does, plainJson, registerOpenApi } from './openapi/index.ts'
import type { PublicApi, PublicApiDeps } from './public-api.ts'
import { publicResources } from './public-resources.ts'
import { users, vcsRevisions } from './resources/index.ts'
import { registerAccessTokens } from './routes/access-tokens.ts'
import { registerAccounts } from './routes/accounts.ts'
import { registerAgentPools } from './routes/agent-pools.ts'
import { registerAgents } from './routes/agents.ts'
import { registerConfigurationVersions } from './routes/configuration-versions.ts'
import { registerEnvironments } from './routes/environments.ts'
import { registerHookEnvironmentLinks } from './routes/hook-environment-links.ts'
import { registerHooks } from './routes/hooks.ts'
import { registerModules } from './routes/modules.ts'
import { registerNotShared } from './routes/not-shared.ts'
import { registerPhases } from './routes/phases.ts'
import { registerPolicyChecks } from './routes/policy-checks.ts'
import { registerPolicyGroups } from './routes/policy-groups.ts'
import { registerRead, registerReads } from './routes/read-routes.ts'
import { registerRuns } from './routes/runs.ts'
import { registerServiceAccounts } from './routes/service-accounts.ts'
import { registerStateVersions } from './routes/state-versions.ts'
import { registerTagLinks } from './routes/tag-links.ts'
import { registerTags } from './routes/tags.ts'
import { registerVariables } from './routes/variables.ts'
import { registerVcsProviders } from './routes/vcs-providers.ts'
import { registerWorkspaces } from './routes/workspaces.ts'

const routes: readonly ((api: PublicApi) => void)[] = [
  (api) => registerReads(api, users),
  (api) => registerRead(api, vcsRevisions),
  registerVcsProviders,
  registerModules,
  registerAccounts,
  registerServiceAccounts,
  registerTags,
  registerTagLinks,
  registerNotShared,
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

const byType: ReadonlyMap<string, Resource> = new Map(
  publicResources.map((resource) => [resource.type, resource]),
)

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
      app.addHook('preValidation', (request, _reply, checked) => {
        const { operation } = request.routeOptions.config
        if (operation !== undefined) checkQuery(request.url, operation, byType)
        checked()
      })
      registerOpenApi(app, { resources: publicResources, publicUrl: deps.publicUrl })
      registerPing(app)
      const api: PublicApi = { ...deps, app, reader: createReader(deps) }
      for (const register of routes) register(api)
      done()
    },
    { prefix: publicApiPath },
  )
}

function registerPing(app: FastifyInstance): void {
  const answer = plainJson(z.object({ status: z.literal('ok') }))
  const operation = does({ id: 'ping', summary: 'Ping', answer, isOpen: true })
  app.get('/ping', operation, () => ({ status: 'ok' }))
}

/** Reads every resource of the public API. */
export function createReader(deps: PublicApiDeps): Reader {
  const { db, engine, publicUrl, clock } = deps
  return new Reader(db, { engine, publicUrl, now: () => clock.now() }, publicResources)
}

/** Clients send either type, and some send one with an empty body. */
export function acceptJson(app: FastifyInstance): void {
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
