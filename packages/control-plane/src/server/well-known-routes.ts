import type { FastifyInstance } from 'fastify'

import { moduleRegistryPath } from '../registry/index.ts'
import type { Database } from '../store/index.ts'
import { tfeServices } from '../tfe/index.ts'

/** What needs no token: liveness, and Terraform's service discovery. */
export function registerWellKnownRoutes(
  app: FastifyInstance,
  deps: { readonly db: Database },
): void {
  app.get('/ping', () => ({ status: 'ok' }))
  app.get('/healthz', (_request, reply) => {
    deps.db.get('SELECT 1 AS one')
    return reply.send({ status: 'ok' })
  })
  // Only what is served here: other ids would send clients to a 404.
  app.get('/.well-known/terraform.json', () => ({
    'iacp.v3': '/api/iacp/v3/',
    'modules.v1': moduleRegistryPath,
    ...tfeServices,
  }))
}
