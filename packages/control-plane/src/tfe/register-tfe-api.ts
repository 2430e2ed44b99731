import type { FastifyInstance } from 'fastify'

import {
  acceptJson,
  authenticate,
  createErrorHandler,
  createReader,
  sendErrors,
  type PublicApiDeps,
} from '../public-api/index.ts'
import { StateLocks, StateStore } from '../state/index.ts'
import { createDownloadLinks } from '../tokens/index.ts'

import { registerConfigurationVersions } from './configuration-versions.ts'
import { registerLogs } from './log-routes.ts'
import { registerOrganizations } from './organizations.ts'
import { registerPhases } from './phases.ts'
import { registerPolicyChecks } from './policy-checks.ts'
import { registerQueue } from './queue.ts'
import { registerRuns } from './runs.ts'
import { registerStateVersions } from './state-versions.ts'
import type { TfeApi } from './tfe-api.ts'
import { tfePath } from './tfe-path.ts'
import { registerWorkspaceLocks } from './workspace-locks.ts'
import { registerWorkspaces } from './workspaces.ts'

/** With 2.4 and later, clients use `-refresh=false`, `-replace` and `-refresh-only`. */
const apiVersion = '2.5'

/** A log is followed with one link for as long as the run takes. */
const linkLifeMs = 24 * 3_600_000

const routes: readonly ((api: TfeApi) => void)[] = [
  registerOrganizations,
  registerWorkspaces,
  registerWorkspaceLocks,
  registerStateVersions,
  registerConfigurationVersions,
  registerRuns,
  registerPhases,
  registerLogs,
  registerPolicyChecks,
  registerQueue,
]

/** Serves what Terraform and OpenTofu need for `backend "remote"`. An environment is an organization. */
export function registerTfeApi(server: FastifyInstance, deps: PublicApiDeps): void {
  void server.register(
    (scope, _options, done) => {
      scope.setErrorHandler(createErrorHandler(deps.logger))
      scope.setNotFoundHandler((request, reply) =>
        sendErrors(reply, 404, [
          { title: `${request.method} ${request.url.split('?')[0] ?? ''} is not served here.` },
        ]),
      )
      scope.addHook('onRequest', (_request, reply, next) => {
        reply.header('tfp-api-version', apiVersion)
        next()
      })
      const parts = {
        ...deps,
        reader: createReader(deps),
        states: new StateStore(deps),
        locks: new StateLocks(deps),
        links: createDownloadLinks({ ...deps, lifeMs: linkLifeMs }),
      }
      void scope.register((linked, _linkedOptions, linkedDone) => {
        void linked.register((app, _appOptions, appDone) => {
          acceptJson(app)
          app.addHook('onRequest', (request) => authenticate(request, deps))
          const api: TfeApi = { ...parts, app, linked }
          for (const register of routes) register(api)
          appDone()
        })
        linkedDone()
      })
      done()
    },
    { prefix: tfePath },
  )
}
